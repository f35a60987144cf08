// What spans of time make sense. Threading: pure functions.
#pragma once

#include <chrono>
#include <optional>

#include "base/error.h"
#include "reports/types.h"

namespace souk::reports {

inline constexpr std::chrono::days kDefaultReport{30};
inline constexpr std::chrono::days kLongestReport{366};

// Errors of both: invalid_request, naming the end that is wrong.

// Everything where an end is missing.
Result<Span> export_span(std::optional<Timestamp> from, std::optional<Timestamp> to);
// The kDefaultReport before `to`, which is now where it is missing; kLongestReport at most.
Result<Span> report_span(std::optional<Timestamp> from, std::optional<Timestamp> to, Timestamp now);

}  // namespace souk::reports
