// Hashes of text for tables in memory.
// Threading: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace souk {

// XXH3: the same in every process. Not for text that clients choose: collisions are easy to make.
std::uint64_t fast_hash(std::string_view text);

// SipHash-2-4 with a random key of this process. For text that clients choose (search words,
// paths): collisions cannot be made without the key.
std::uint64_t keyed_hash(std::string_view text);

// keyed_hash() for standard containers.
struct KeyedHash {
  std::size_t operator()(std::string_view text) const noexcept { return keyed_hash(text); }
};

}  // namespace souk
