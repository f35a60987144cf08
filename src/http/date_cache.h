// The Date field (RFC 9110 section 6.6.1), formatted once a second rather than once a response.
// Threading: one per worker. Ownership: borrows the clock, which outlives it.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

#include "base/clock.h"

namespace souk::http {

// "Sun, 06 Nov 1994 08:49:37 GMT"
inline constexpr std::size_t kHttpDateSize = 29;

class DateCache {
 public:
  explicit DateCache(const Clock& clock) : clock_(clock) {}
  // Valid until the next call.
  std::string_view now();

 private:
  const Clock& clock_;
  std::chrono::sys_seconds second_{std::chrono::seconds(-1)};
  std::array<char, kHttpDateSize> text_{};
};

}  // namespace souk::http
