// What spans of time make sense. Threading: pure functions.
#pragma once

#include <chrono>
#include <optional>

#include "base/error.h"
#include "reports/types.h"

namespace souk::reports {

inline constexpr std::chrono::days kDefaultReport{30};
inline constexpr std::chrono::days kLongestReport{366};
// What an end may be: a year off either way can still be written in four digits.
inline constexpr Timestamp kEarliest{std::chrono::sys_days(std::chrono::year(1970) / 1 / 1)};
inline constexpr Timestamp kLatest{std::chrono::sys_days(std::chrono::year(9999) / 1 / 1)};

// Errors of both: invalid_request, naming the end that is wrong.

// Everything where an end is missing.
Result<Span> export_span(std::optional<Timestamp> from, std::optional<Timestamp> to);
// The kDefaultReport before `to`, which is now where it is missing; kLongestReport at most.
Result<Span> report_span(std::optional<Timestamp> from, std::optional<Timestamp> to, Timestamp now);

}  // namespace souk::reports
