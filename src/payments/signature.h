// Signatures of messages that come in: HMAC-SHA256 over the time, a dot and the body as it was
// sent, so that neither can be taken for another's. `t=1767225600,v1=<64 hexadecimal digits>`;
// several v1 while a secret is exchanged. Threading: pure functions.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace souk::payments {

inline constexpr std::size_t kMaxSignatureBytes = 1'024;

enum class Verdict : std::uint8_t { kGenuine, kMalformed, kForged, kStale };
inline constexpr std::array<std::string_view, 4> kVerdictNames = {"genuine", "malformed", "forged",
                                                                  "stale"};

// In constant time as far as the digests go. Without a secret nothing is genuine.
Verdict verify_signature(std::string_view secret, std::string_view signature, std::string_view body,
                         Timestamp now, std::chrono::microseconds tolerance);

// What verify_signature() takes; for tests and for who sends.
std::string sign(std::string_view secret, std::string_view body, Timestamp now);

}  // namespace souk::payments
