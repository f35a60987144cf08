// The process's resource usage, read from /proc at each scrape, under Prometheus' standard names;
// and its limits.
// Threading: construct and destroy on one thread. Ownership: borrows the registry.
#pragma once

#include <array>

#include "telemetry/metrics.h"

namespace souk::telemetry {

class ProcessMetrics {
 public:
  explicit ProcessMetrics(Registry& registry);

 private:
  std::array<Registration, 6> registrations_;
};

}  // namespace souk::telemetry
