// Bytes as text: hexadecimal and base64url without padding (RFC 4648 section 5).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace souk {

std::string to_hex(std::span<const std::uint8_t> bytes);
std::string to_base64url(std::span<const std::uint8_t> bytes);
// Refuses padding, other alphabets and non-zero left-over bits.
std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text);

}  // namespace souk
