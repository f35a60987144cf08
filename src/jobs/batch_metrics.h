// Metrics of batch writers, by the label `batch`.
// Threading: the cells of one worker. Ownership: the registry's.
#pragma once

#include <array>
#include <string_view>

#include "telemetry/metrics.h"

namespace souk::jobs {

inline constexpr std::array<double, 8> kBatchSizeBuckets = {1, 2, 5, 10, 20, 50, 100, 200};

inline constexpr telemetry::MetricSpec kBatchItems{.name = "souk_jobs_batch_items",
                                                   .help = "Items that were written together.",
                                                   .type = telemetry::MetricType::kHistogram,
                                                   .labels = {"batch"},
                                                   .buckets = kBatchSizeBuckets};
inline constexpr telemetry::MetricSpec kBatchFlushes{
    .name = "souk_jobs_batch_flushes_total",
    .help = "Batches written, by reason: full, late (its first item waited long enough), closing.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"batch", "reason"}};
inline constexpr telemetry::MetricSpec kBatchWait{
    .name = "souk_jobs_batch_wait_seconds",
    .help = "Time from an item being added to a batch until it is written.",
    .type = telemetry::MetricType::kHistogram,
    .labels = {"batch"}};

struct BatchMetrics {
  // `batch` is static text.
  BatchMetrics(telemetry::Registry& registry, std::string_view batch)
      : size(&registry.histogram(kBatchItems, {batch})),
        full(&registry.counter(kBatchFlushes, {batch, "full"})),
        late(&registry.counter(kBatchFlushes, {batch, "late"})),
        closing(&registry.counter(kBatchFlushes, {batch, "closing"})),
        wait(&registry.histogram(kBatchWait, {batch})) {}

  telemetry::Histogram* size;
  telemetry::Counter* full;
  telemetry::Counter* late;
  telemetry::Counter* closing;
  telemetry::Histogram* wait;
};

}  // namespace souk::jobs
