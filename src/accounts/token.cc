#include "accounts/token.h"

#include <sodium.h>

#include "base/encoding.h"

namespace souk::accounts {

static_assert(std::tuple_size_v<TokenHash> == crypto_hash_sha256_BYTES);
static_assert(kTokenLength == (kTokenBytes * 8 + 5) / 6);

std::string make_token() {
  std::array<std::uint8_t, kTokenBytes> secret{};
  randombytes_buf(secret.data(), secret.size());
  return to_base64url(secret);
}

std::optional<TokenHash> hash_token(std::string_view token) {
  if (token.size() != kTokenLength || !from_base64url(token)) return std::nullopt;
  TokenHash hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(token.data()),
                     token.size());
  return hash;
}

}  // namespace souk::accounts
