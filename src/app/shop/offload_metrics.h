// What one of the node's queues for threads counts.
// Threading: construct and destroy on one thread. Ownership: borrows the registry and the queue.
#pragma once

#include <array>
#include <string_view>

#include "runtime/offload.h"
#include "telemetry/metrics.h"
#include "telemetry/specs.h"

namespace souk::app {

class OffloadMetrics {
 public:
  // `name` is static text.
  OffloadMetrics(telemetry::Registry& registry, std::string_view name,
                 const runtime::Offload& offload)
      : registrations_{
            registry.callback(telemetry::kOffloadWaiting, {name},
                              [&offload] { return static_cast<double>(offload.waiting()); }),
            registry.callback(telemetry::kOffloadRefused, {name},
                              [&offload] { return static_cast<double>(offload.refused()); })} {}

 private:
  std::array<telemetry::Registration, 2> registrations_;
};

}  // namespace souk::app
