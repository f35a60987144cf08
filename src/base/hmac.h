// HMAC-SHA256 (RFC 2104).
// Threading: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace souk {

using HmacSha256 = std::array<std::uint8_t, 32>;

// Over the concatenation of the parts. Compare two of them only by equal_in_constant_time().
HmacSha256 hmac_sha256(std::string_view secret, std::initializer_list<std::string_view> parts);

// The time depends only on the texts' lengths, not on their content.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace souk
