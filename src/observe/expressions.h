// An objective in PromQL.
// Threading: pure functions.
#pragma once

#include <chrono>
#include <string>

#include "telemetry/budgets.h"

namespace souk::observe {

// How many times as long as stated each window and interval is; below 1 for tests.
struct TimeScale {
  double factor = 1;

  // As Prometheus writes durations: "5m", "750ms".
  std::string text(std::chrono::microseconds duration) const;
};

// The name of the series that record_expression() is recorded as: "souk:api_p95".
std::string record_name(const telemetry::Objective& objective);

// The value that the objective limits, over `window`: one series for each `job`, and for each
// `instance` too if a gauge is in it. No series while nothing happened, never NaN. May have several
// lines. `whole`: labels of the series of `share_of`, beside what the objective excludes.
std::string record_expression(const telemetry::Objective& objective, const std::string& window,
                              const telemetry::Objective::Labels& whole = {});

}  // namespace souk::observe
