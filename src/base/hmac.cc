#include "base/hmac.h"

#include <sodium.h>

#include <tuple>

namespace souk {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

static_assert(std::tuple_size_v<HmacSha256> == crypto_auth_hmacsha256_BYTES);

HmacSha256 hmac_sha256(std::string_view secret, std::initializer_list<std::string_view> parts) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.size());
  for (const auto part : parts) {
    crypto_auth_hmacsha256_update(&state, bytes_of(part), part.size());
  }
  HmacSha256 code{};
  crypto_auth_hmacsha256_final(&state, code.data());
  sodium_memzero(&state, sizeof(state));
  return code;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace souk
