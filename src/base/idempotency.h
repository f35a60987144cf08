// The Idempotency-Key of a request, and the hash that distinguishes a retry under a key from
// another request. The keys are stored where the effects of the requests are (ARCHITECTURE.md).
// Threading: pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace souk {

inline constexpr std::size_t kMaxIdempotencyKeyLength = 255;

using RequestHash = std::array<std::uint8_t, 32>;

// SHA-256 of a request's canonical form.
RequestHash hash_of_request(std::string_view canonical);

}  // namespace souk
