// The process's resource usage, read from /proc at each scrape, under Prometheus' standard names;
// and its limits.
// Threading: construct and destroy on one thread. Ownership: borrows the registry.
#pragma once

#include <array>
#include <optional>

#include "base/money.h"
#include "telemetry/metrics.h"

namespace souk::telemetry {

// What an hour of a core costs. Not in minor units: it may be a fraction of one.
struct CorePrice {
  double amount = 0;
  Currency currency = {};
};

class ProcessMetrics {
 public:
  // Without a price nothing of money is recorded.
  explicit ProcessMetrics(Registry& registry, const std::optional<CorePrice>& price = {});

 private:
  std::array<Registration, 6> registrations_;
  Registration cost_;
};

}  // namespace souk::telemetry
