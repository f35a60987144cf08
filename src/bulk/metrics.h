// The metrics this module records.
// Threading: cells belong to one worker. Ownership: the registry owns them.
#pragma once

#include "bulk/types.h"
#include "telemetry/metrics.h"

namespace souk::bulk {

struct MetricTable {
  telemetry::CounterSpec rows{"souk_bulk_rows_total",
                              "Rows of imports and bulk changes, by what became of them.",
                              {"outcome"}};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::bulk
