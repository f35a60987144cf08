// Signatures by which the receiver of a webhook verifies its sender, content and time: HMAC-SHA256
// over the time, a dot and the body as sent, written as "t=1767225600,v1=<64 hexadecimal digits>";
// several v1 while a secret is being replaced.
// Threading: pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace souk {

inline constexpr std::size_t kMaxSignatureBytes = 1'024;

enum class SignatureVerdict : std::uint8_t { kGenuine, kMalformed, kForged, kStale };

std::string sign_message(std::string_view secret, std::string_view body, Timestamp now);

// Digests are compared in constant time. With an empty secret nothing is genuine. Stale: signed
// more than `tolerance` before or after `now`.
SignatureVerdict verify_message(std::string_view secret, std::string_view signature,
                                std::string_view body, Timestamp now,
                                std::chrono::microseconds tolerance);

}  // namespace souk
