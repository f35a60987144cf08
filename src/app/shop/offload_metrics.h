// Metrics of one of the node's offload queues.
// Threading: construct and destroy on the same thread. Ownership: borrows the registry and the
// queue.
#pragma once

#include <array>
#include <string_view>

#include "app/metrics.h"
#include "runtime/offload.h"
#include "telemetry/metrics.h"

namespace souk::app {

class OffloadMetrics {
 public:
  // `name` is static text.
  OffloadMetrics(telemetry::Registry& registry, std::string_view name,
                 const runtime::Offload& offload)
      : registrations_{
            registry.callback(kMetrics.offload_waiting, {name},
                              [&offload] { return static_cast<double>(offload.waiting()); }),
            registry.callback(kMetrics.offload_refused, {name},
                              [&offload] { return static_cast<double>(offload.refused()); })} {}

 private:
  std::array<telemetry::Registration, 2> registrations_;
};

}  // namespace souk::app
