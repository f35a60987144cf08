#include "cache/hybrid/shared_cache.h"

#include "cache/metrics.h"

namespace souk::cache {

SharedCache::SharedCache(CacheConfig c, std::vector<std::string_view> topics, Compressor compress,
                         runtime::Offload& threads, telemetry::Registry& registry)
    : config(c),
      compressor(std::move(compress)),
      offload(threads),
      memory(config.max_memory),
      invalidations(std::move(topics)) {
  const auto publish = [&](const telemetry::MetricSpec& spec, std::function<double()> read) {
    registrations_.push_back(registry.callback(spec, {}, std::move(read)));
  };
  publish(kMetrics.entries, [this] { return static_cast<double>(memory.entries()); });
  publish(kMetrics.bytes, [this] { return static_cast<double>(memory.bytes()); });
  publish(kMetrics.max_bytes, [this] { return static_cast<double>(memory.max_bytes()); });
  publish(kMetrics.evictions, [this] { return static_cast<double>(memory.evictions()); });
  publish(kMetrics.confirmed_age, [this] {
    const auto age = std::chrono::steady_clock::now() - invalidations.confirmed_at();
    return std::chrono::duration<double>(age).count();
  });
}

}  // namespace souk::cache
