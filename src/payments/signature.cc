#include "payments/signature.h"

#include <fmt/format.h>
#include <sodium.h>

#include <optional>

#include "base/encoding.h"
#include "base/parse.h"

namespace souk::payments {
namespace {

using Digest = std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Digest digest_of(std::string_view secret, std::string_view time, std::string_view body) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(time), time.size());
  crypto_auth_hmacsha256_update(&state, bytes_of("."), 1);
  crypto_auth_hmacsha256_update(&state, bytes_of(body), body.size());
  Digest digest{};
  crypto_auth_hmacsha256_final(&state, digest.data());
  sodium_memzero(&state, sizeof(state));
  return digest;
}

bool is_digest(std::string_view hex, std::string_view expected) {
  return hex.size() == expected.size() &&
         sodium_memcmp(hex.data(), expected.data(), expected.size()) == 0;
}

}  // namespace

Verdict verify_signature(std::string_view secret, std::string_view signature, std::string_view body,
                         Timestamp now, std::chrono::microseconds tolerance) {
  if (secret.empty()) return Verdict::kForged;
  if (signature.size() > kMaxSignatureBytes) return Verdict::kMalformed;
  std::optional<std::string_view> time;
  for (auto rest = signature; !rest.empty();) {
    const auto part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.starts_with("t=")) time = part.substr(2);
  }
  const auto seconds = time ? parse_integer(*time) : std::nullopt;
  constexpr std::int64_t kMaxSeconds = 253'402'300'799;  // the year 9999
  if (!seconds || *seconds < 0 || *seconds > kMaxSeconds) return Verdict::kMalformed;

  const auto expected = to_hex(digest_of(secret, *time, body));
  bool genuine = false;
  bool any = false;
  for (auto rest = signature; !rest.empty();) {
    const auto part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (!part.starts_with("v1=")) continue;
    any = true;
    genuine |= is_digest(part.substr(3), expected);
  }
  if (!any) return Verdict::kMalformed;
  if (!genuine) return Verdict::kForged;
  const auto age = std::chrono::abs(now - Timestamp(std::chrono::seconds(*seconds)));
  return age > tolerance ? Verdict::kStale : Verdict::kGenuine;
}

std::string sign(std::string_view secret, std::string_view body, Timestamp now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto time = fmt::to_string(seconds);
  return fmt::format("t={},v1={}", time, to_hex(digest_of(secret, time, body)));
}

}  // namespace souk::payments
