#include "jobs/metrics.h"

#include <array>

#include "jobs/batch_metrics.h"
#include "telemetry/unknown.h"

namespace souk::jobs {

std::span<const MetricSpec* const> metric_specs() {
  static constexpr std::array kAll = {
      &kDepth,       &kOldestAge,     &kDeadLetters,  &kInFlight,     &kQueued,
      &kAttempts,    &kHandedBack,    &kDuration,     &kDelay,        &kClaimBatch,
      &kSettleBatch, &kClaimDuration, &kChannelWaits, &kChannelWait,  &kFailures,
      &kLeasesLost,  &kPeriodicRuns,  &kBatchItems,   &kBatchFlushes, &kBatchWait};
  return kAll;
}

KindMetrics::KindMetrics(telemetry::Registry& registry, std::string_view kind)
    : done(registry.counter(kAttempts, {kind, "done"})),
      failed(registry.counter(kAttempts, {kind, "failed"})),
      dead(registry.counter(kAttempts, {kind, "dead"})),
      duration(registry.histogram(kDuration, {kind})),
      delay(registry.histogram(kDelay, {kind})),
      depth(registry.gauge(kDepth, {kind})) {
  depth.set(telemetry::kUnknown);
}

NodeMetrics::NodeMetrics(telemetry::Registry& registry)
    : other_depth(registry.gauge(kDepth, {telemetry::kOtherSeries})),
      oldest_age(registry.gauge(kOldestAge)),
      dead_letters(registry.gauge(kDeadLetters)),
      in_flight(registry.gauge(kInFlight)),
      queued(registry.gauge(kQueued)),
      handed_back(registry.counter(kHandedBack)),
      claim_batch(registry.histogram(kClaimBatch)),
      settle_batch(registry.histogram(kSettleBatch)),
      claim_duration(registry.histogram(kClaimDuration)),
      channel_waits(registry.counter(kChannelWaits)),
      channel_wait(registry.histogram(kChannelWait)),
      leases_lost(registry.counter(kLeasesLost)),
      fetch_failures(registry.counter(kFailures, {"fetch"})),
      settle_failures(registry.counter(kFailures, {"settle"})),
      lease_failures(registry.counter(kFailures, {"lease"})),
      take_over_failures(registry.counter(kFailures, {"take_over"})),
      notify_failures(registry.counter(kFailures, {"notify"})),
      measure_failures(registry.counter(kFailures, {"measure"})),
      leave_failures(registry.counter(kFailures, {"leave"})) {
  for (auto* const measured : {&other_depth, &oldest_age, &dead_letters}) {
    measured->set(telemetry::kUnknown);
  }
}

}  // namespace souk::jobs
