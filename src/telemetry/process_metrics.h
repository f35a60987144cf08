// What the process itself uses, read from /proc at each scrape, under the names every Prometheus
// dashboard knows; and what it may use.
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
