#include "base/message_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/encoding.h"
#include "base/hmac.h"
#include "base/parse.h"

namespace souk {
namespace {

std::string digest_of(std::string_view secret, std::string_view time, std::string_view body) {
  return to_hex(hmac_sha256(secret, {time, ".", body}));
}

// Removes and returns the part before the next comma.
std::string_view take_part(std::string_view& rest) {
  const auto part = rest.substr(0, rest.find(','));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

std::optional<std::string_view> time_of(std::string_view signature) {
  std::optional<std::string_view> time;
  while (!signature.empty()) {
    if (const auto part = take_part(signature); part.starts_with("t=")) time = part.substr(2);
  }
  return time;
}

}  // namespace

std::string sign_message(std::string_view secret, std::string_view body, Timestamp now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto time = fmt::to_string(seconds);
  return fmt::format("t={},v1={}", time, digest_of(secret, time, body));
}

SignatureVerdict verify_message(std::string_view secret, std::string_view signature,
                                std::string_view body, Timestamp now,
                                std::chrono::microseconds tolerance) {
  using enum SignatureVerdict;
  if (secret.empty()) return kForged;
  if (signature.size() > kMaxSignatureBytes) return kMalformed;
  const auto time = time_of(signature);
  const auto seconds = time ? parse_integer(*time) : std::nullopt;
  constexpr std::int64_t kMaxSeconds = 253'402'300'799;  // the year 9999
  if (!seconds || *seconds < 0 || *seconds > kMaxSeconds) return kMalformed;

  const auto expected = digest_of(secret, *time, body);
  bool genuine = false;
  bool any = false;
  while (!signature.empty()) {
    const auto part = take_part(signature);
    if (!part.starts_with("v1=")) continue;
    any = true;
    genuine |= equal_in_constant_time(part.substr(3), expected);
  }
  if (!any) return kMalformed;
  if (!genuine) return kForged;
  const auto age = std::chrono::abs(now - Timestamp(std::chrono::seconds(*seconds)));
  return age > tolerance ? kStale : kGenuine;
}

}  // namespace souk
