// Bearer tokens: 256 random bits as 43 characters of base64url, shown to their owner once. The
// database stores only the SHA-256 of the text: its readers cannot sign in, and a fast hash
// suffices for an unguessable secret.
// Threading: pure functions, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace souk::accounts {

inline constexpr std::size_t kTokenBytes = 32;
inline constexpr std::size_t kTokenLength = 43;  // characters

using TokenHash = std::array<std::uint8_t, 32>;

std::string make_token();
// Nothing for a text of the wrong length or alphabet.
std::optional<TokenHash> hash_token(std::string_view token);

}  // namespace souk::accounts
