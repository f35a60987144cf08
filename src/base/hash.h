// Hashes of texts for tables in memory.
// Threading: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace souk {

// XXH3: the same in every process. For texts that strangers do not choose: colliding ones are
// easily made.
std::uint64_t fast_hash(std::string_view text);

// SipHash-2-4 under a key that this process has drawn at random. For texts that clients choose
// (search words, paths): nobody outside can make them collide.
std::uint64_t keyed_hash(std::string_view text);

// The latter as the hash of a standard container.
struct KeyedHash {
  std::size_t operator()(std::string_view text) const noexcept { return keyed_hash(text); }
};

}  // namespace souk
