// The value of a gauge before the first measurement: 0 would be wrong. Such a cell is left out of
// its series' sum, and a series without other cells is not shown. A callback may return it, too.
#pragma once

#include <limits>

namespace souk::telemetry {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace souk::telemetry
