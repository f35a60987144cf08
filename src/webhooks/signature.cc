#include "webhooks/signature.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

#include "base/encoding.h"

namespace souk::webhooks {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string make_secret() {
  std::array<std::uint8_t, 32> bits{};
  ::randombytes_buf(bits.data(), bits.size());
  return "whsec_" + to_base64url(bits);
}

std::string sign(std::string_view secret, Timestamp when, std::string_view body) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  const auto begin = fmt::format("{}.", seconds);
  ::crypto_auth_hmacsha256_state state;
  ::crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.size());
  ::crypto_auth_hmacsha256_update(&state, bytes_of(begin), begin.size());
  ::crypto_auth_hmacsha256_update(&state, bytes_of(body), body.size());
  std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> hash{};
  ::crypto_auth_hmacsha256_final(&state, hash.data());
  return fmt::format("t={},v1={}", seconds, to_hex(hash));
}

}  // namespace souk::webhooks
