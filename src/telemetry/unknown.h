// What a gauge is set to as long as nothing was measured: 0 would be a claim. Such a cell is left
// out of its series' sum, and a series that has no other cells is not shown. A callback may return
// it, too.
#pragma once

#include <limits>

namespace souk::telemetry {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace souk::telemetry
