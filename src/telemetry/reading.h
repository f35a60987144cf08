// Reads the present values of a metric, for those who keep their own history of it.
// Threading: any thread. Ownership: borrows the registry during the call.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "telemetry/metrics.h"

namespace souk::telemetry {

// A series; valid during the call.
struct Reading {
  const MetricSpec& spec;
  std::span<const std::string> labels;     // the values of spec.labels
  double value;                            // of a counter or gauge; kUnknown: nobody measured it
  std::span<const std::uint64_t> buckets;  // of a histogram, not cumulative; the last is +Inf
};

// Calls `see` for each series of the metric, if it has any, under the registry's lock: quick, and
// without use of the registry.
void visit(const Registry& registry, std::string_view metric,
           const std::function<void(const Reading&)>& see);

}  // namespace souk::telemetry
