// Metrics of a thread's buffer pool.
// Threading: construct and destroy on one thread. Ownership: borrows the registry and the pool.
#pragma once

#include <array>

#include "base/buffer_pool.h"
#include "telemetry/metrics.h"

namespace souk::telemetry {

class BufferMetrics {
 public:
  BufferMetrics(Registry& registry, const BufferPool& pool);

 private:
  std::array<Registration, 3> registrations_;
};

}  // namespace souk::telemetry
