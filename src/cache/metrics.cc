#include "cache/metrics.h"

#include <array>

namespace souk::cache {

std::span<const MetricSpec* const> metric_specs() {
  static constexpr std::array kAll = {&kHits,
                                      &kMisses,
                                      &kWaits,
                                      &kFills,
                                      &kFillDuration,
                                      &kStaleServed,
                                      &kRefreshes,
                                      &kRemoteRejected,
                                      &kLeases,
                                      &kCompressions,
                                      &kEntries,
                                      &kBytes,
                                      &kMaxBytes,
                                      &kEvictions,
                                      &kInvalidations,
                                      &kInvalidatedEntries,
                                      &kInvalidationDelay,
                                      &kFlushes,
                                      &kConfirmedAge,
                                      &kClockLeaps,
                                      &kExchangeFailures,
                                      &kProbes,
                                      &kConsistencyRatio,
                                      &kStaleness};
  return kAll;
}

KindMetrics::KindMetrics(telemetry::Registry& registry, std::string_view kind)
    : memory_hits(registry.counter(kHits, {kind, "memory"})),
      redis_hits(registry.counter(kHits, {kind, "redis"})),
      misses(registry.counter(kMisses, {kind})),
      waits(registry.counter(kWaits, {kind})),
      kept(registry.counter(kFills, {kind, "kept"})),
      refused(registry.counter(kFills, {kind, "refused"})),
      older(registry.counter(kFills, {kind, "older"})),
      too_large(registry.counter(kFills, {kind, "too_large"})),
      failed(registry.counter(kFills, {kind, "failed"})),
      fill_duration(registry.histogram(kFillDuration, {kind})),
      stale_error(registry.counter(kStaleServed, {kind, "error"})),
      stale_slow(registry.counter(kStaleServed, {kind, "slow"})),
      stale_unconfirmed(registry.counter(kStaleServed, {kind, "unconfirmed"})),
      refreshes(registry.counter(kRefreshes, {kind})) {}

KindMetrics& WorkerMetrics::of(std::string_view kind) {
  auto& cells = kinds_[kind];
  if (!cells) cells = std::make_unique<KindMetrics>(registry_, kind);
  return *cells;
}

}  // namespace souk::cache
