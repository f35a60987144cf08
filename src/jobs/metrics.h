// The metrics this module records. What is read from the outbox is the same on every node.
// Threading: cells belong to the loop of the node's jobs.
#pragma once

#include <array>
#include <string_view>

#include "telemetry/failure_reporter.h"
#include "telemetry/metrics.h"
#include "telemetry/unknown.h"

namespace souk::jobs {

inline constexpr std::array<double, 10> kBatchBuckets = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
inline constexpr std::array<double, 8> kBatchSizeBuckets = {1, 2, 5, 10, 20, 50, 100, 200};

struct MetricTable {
  telemetry::GaugeSpec depth{
      "souk_jobs_depth",
      "Jobs in the outbox, of all nodes; other: kinds without a handler on this node.",
      {"kind"}};
  telemetry::GaugeSpec oldest_age{"souk_jobs_oldest_age_seconds",
                                  "Age of the oldest job in the outbox."};
  telemetry::GaugeSpec dead_letters{
      "souk_jobs_dead_letters",
      "Dead letters: jobs that are not retried until an operator replays them."};
  telemetry::GaugeSpec in_flight{"souk_jobs_in_flight",
                                 "Jobs whose handlers are running on this node."};
  telemetry::GaugeSpec queued{
      "souk_jobs_queued",
      "Jobs that this node has claimed and not begun: in the channel, or behind a running one."};
  telemetry::CounterSpec attempts{
      "souk_jobs_attempts_total",
      "Attempts of jobs by outcome: done, failed (to be retried), dead; and events whose aggregate "
      "was deleted before they were told: gone.",
      {"kind", "outcome"}};
  telemetry::CounterSpec handed_back{"souk_jobs_handed_back_total",
                                     "Jobs returned without an attempt: behind one that failed, "
                                     "postponed by their handler, or because Souk stops."};
  telemetry::HistogramSpec duration{
      "souk_jobs_duration_seconds", "Duration of a handler.", {"kind"}};
  telemetry::HistogramSpec delay{
      "souk_jobs_delay_seconds", "Time from appending a job to its first attempt.", {"kind"}};
  telemetry::HistogramSpec claim_batch{
      "souk_jobs_claim_batch", "Jobs claimed by one statement.", {}, kBatchBuckets};
  telemetry::HistogramSpec settle_batch{
      "souk_jobs_settle_batch", "Jobs acknowledged by one transaction.", {}, kBatchBuckets};
  telemetry::HistogramSpec claim_duration{"souk_jobs_claim_duration_seconds",
                                          "Time to find and claim a batch."};
  telemetry::CounterSpec channel_waits{"souk_jobs_channel_waits_total",
                                       "Times the claimer waited because the channel was full."};
  telemetry::HistogramSpec channel_wait{
      "souk_jobs_channel_wait_seconds",
      "How long the claimer waited each time because the channel was full."};
  telemetry::CounterSpec failures{
      "souk_jobs_exchange_failures_total",
      "Exchanges with the database that failed: fetch, settle, lease, take_over, notify, measure, "
      "leave, periodic (look for due runs) or end_periodic (store a run's outcome).",
      {"what"}};
  telemetry::CounterSpec leases_lost{
      "souk_jobs_leases_lost_total",
      "Times this node lost its lease because it renewed it too late."};
  telemetry::CounterSpec periodic_runs{"souk_jobs_periodic_runs_total",
                                       "Runs of periodic jobs: done or failed.",
                                       {"name", "outcome"}};
  telemetry::HistogramSpec batch_items{
      "souk_jobs_batch_items", "Items written together.", {"batch"}, kBatchSizeBuckets};
  telemetry::CounterSpec batch_flushes{"souk_jobs_batch_flushes_total",
                                       "Batches written, by reason: full, late (its first item "
                                       "waited for the maximum time), closing.",
                                       {"batch", "reason"}};
  telemetry::HistogramSpec batch_wait{"souk_jobs_batch_wait_seconds",
                                      "Time from adding an item to a batch until it is written.",
                                      {"batch"}};
};
inline constexpr MetricTable kMetrics;

// Until it is measured.
inline telemetry::Gauge& unmeasured(telemetry::Gauge& gauge) {
  gauge.set(telemetry::kUnknown);
  return gauge;
}

struct KindMetrics {
  telemetry::Registry& registry;
  std::string_view kind;
  telemetry::Counter& done = registry.cell(kMetrics.attempts, {kind, "done"});
  telemetry::Counter& failed = registry.cell(kMetrics.attempts, {kind, "failed"});
  telemetry::Counter& dead = registry.cell(kMetrics.attempts, {kind, "dead"});
  telemetry::Histogram& duration = registry.cell(kMetrics.duration, {kind});
  telemetry::Histogram& delay = registry.cell(kMetrics.delay, {kind});
  telemetry::Gauge& depth = unmeasured(registry.cell(kMetrics.depth, {kind}));
};

// How the log calls the failures of one kind of exchange.
constexpr telemetry::FailureEvents exchange_events(std::string_view what) {
  return {.failed = "jobs_exchange_failed", .resumed = "jobs_exchange_resumed", .what = what};
}

struct NodeMetrics {
  telemetry::Registry& registry;
  telemetry::Gauge& other_depth =
      unmeasured(registry.cell(kMetrics.depth, {telemetry::kOtherSeries}));
  telemetry::Gauge& oldest_age = unmeasured(registry.cell(kMetrics.oldest_age));
  telemetry::Gauge& dead_letters = unmeasured(registry.cell(kMetrics.dead_letters));
  telemetry::Gauge& in_flight = registry.cell(kMetrics.in_flight);
  telemetry::Gauge& queued = registry.cell(kMetrics.queued);
  telemetry::Counter& handed_back = registry.cell(kMetrics.handed_back);
  telemetry::Histogram& claim_batch = registry.cell(kMetrics.claim_batch);
  telemetry::Histogram& settle_batch = registry.cell(kMetrics.settle_batch);
  telemetry::Histogram& claim_duration = registry.cell(kMetrics.claim_duration);
  telemetry::Counter& channel_waits = registry.cell(kMetrics.channel_waits);
  telemetry::Histogram& channel_wait = registry.cell(kMetrics.channel_wait);
  telemetry::Counter& leases_lost = registry.cell(kMetrics.leases_lost);
  telemetry::Counter& fetch_failures = registry.cell(kMetrics.failures, {"fetch"});
  telemetry::Counter& settle_failures = registry.cell(kMetrics.failures, {"settle"});
  telemetry::Counter& lease_failures = registry.cell(kMetrics.failures, {"lease"});
  telemetry::Counter& take_over_failures = registry.cell(kMetrics.failures, {"take_over"});
  telemetry::Counter& notify_failures = registry.cell(kMetrics.failures, {"notify"});
  telemetry::Counter& measure_failures = registry.cell(kMetrics.failures, {"measure"});
  telemetry::Counter& leave_failures = registry.cell(kMetrics.failures, {"leave"});
};

// Metrics of batch writers, by the label `batch`, which is static text.
struct BatchMetrics {
  telemetry::Registry& registry;
  std::string_view batch;
  telemetry::Histogram& size = registry.cell(kMetrics.batch_items, {batch});
  telemetry::Counter& full = registry.cell(kMetrics.batch_flushes, {batch, "full"});
  telemetry::Counter& late = registry.cell(kMetrics.batch_flushes, {batch, "late"});
  telemetry::Counter& closing = registry.cell(kMetrics.batch_flushes, {batch, "closing"});
  telemetry::Histogram& wait = registry.cell(kMetrics.batch_wait, {batch});
};

}  // namespace souk::jobs
