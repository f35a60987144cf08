// Valid time spans. Threading: pure functions.
#pragma once

#include <chrono>
#include <optional>

#include "base/error.h"
#include "reports/types.h"

namespace souk::reports {

inline constexpr std::chrono::days kDefaultReport{30};
inline constexpr std::chrono::days kLongestReport{366};
// The range of both ends: shifted by a year they still have four digits.
inline constexpr Timestamp kEarliest{std::chrono::sys_days(std::chrono::year(1970) / 1 / 1)};
inline constexpr Timestamp kLatest{std::chrono::sys_days(std::chrono::year(9999) / 1 / 1)};

// Errors of both: invalid_request, naming the wrong end.

// A missing end is unbounded.
Result<Span> export_span(std::optional<Timestamp> from, std::optional<Timestamp> to);
// Defaults: `to` is now, `from` is kDefaultReport before it; at most kLongestReport.
Result<Span> report_span(std::optional<Timestamp> from, std::optional<Timestamp> to, Timestamp now);

}  // namespace souk::reports
