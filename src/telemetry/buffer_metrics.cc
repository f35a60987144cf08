#include "telemetry/buffer_metrics.h"

#include "telemetry/specs.h"

namespace souk::telemetry {
namespace {

auto reader(const std::atomic<std::uint64_t>& count) {
  return [&count] { return static_cast<double>(count.load(std::memory_order_relaxed)); };
}

}  // namespace

BufferMetrics::BufferMetrics(Registry& registry, const BufferPool& pool)
    : registrations_{
          registry.callback(kMetrics.buffers_taken, {"kept"}, reader(pool.counts().recycled)),
          registry.callback(kMetrics.buffers_taken, {"allocator"}, reader(pool.counts().allocated)),
          registry.callback(kMetrics.buffers_kept_bytes, {}, reader(pool.counts().kept_bytes))} {}

}  // namespace souk::telemetry
