// The metrics this module records. What is read from the outbox is the same on every node.
// Threading: cells belong to the loop of the node's jobs.
#pragma once

#include <map>
#include <span>
#include <string_view>

#include "telemetry/failure_reporter.h"
#include "telemetry/metrics.h"

namespace souk::jobs {

using telemetry::MetricSpec;
using telemetry::MetricType;

inline constexpr std::array<double, 10> kBatchBuckets = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

inline constexpr MetricSpec kDepth{
    .name = "souk_jobs_depth",
    .help = "Jobs in the outbox that are not done, of all nodes; other: kinds this node leaves.",
    .type = MetricType::kGauge,
    .labels = {"kind"}};
inline constexpr MetricSpec kOldestAge{.name = "souk_jobs_oldest_age_seconds",
                                       .help = "Age of the oldest job that is not done.",
                                       .type = MetricType::kGauge};
inline constexpr MetricSpec kDeadLetters{
    .name = "souk_jobs_dead_letters",
    .help = "Jobs that were given up, until they are replayed.",
    .type = MetricType::kGauge};
inline constexpr MetricSpec kInFlight{.name = "souk_jobs_in_flight",
                                      .help = "Jobs whose handlers run on this node.",
                                      .type = MetricType::kGauge};
inline constexpr MetricSpec kQueued{
    .name = "souk_jobs_queued",
    .help = "Jobs this node has claimed and not begun: in the channel, or behind one that runs.",
    .type = MetricType::kGauge};
inline constexpr MetricSpec kAttempts{
    .name = "souk_jobs_attempts_total",
    .help = "Jobs run by outcome: done, failed (tried again later), dead.",
    .type = MetricType::kCounter,
    .labels = {"kind", "outcome"}};
inline constexpr MetricSpec kHandedBack{.name = "souk_jobs_handed_back_total",
                                        .help =
                                            "Jobs given back without an attempt: behind one that "
                                            "failed, postponed by their handler, or "
                                            "because Souk stops.",
                                        .type = MetricType::kCounter};
inline constexpr MetricSpec kDuration{.name = "souk_jobs_duration_seconds",
                                      .help = "Time a handler took.",
                                      .type = MetricType::kHistogram,
                                      .labels = {"kind"}};
inline constexpr MetricSpec kDelay{.name = "souk_jobs_delay_seconds",
                                   .help = "Time from appending a job to its first attempt.",
                                   .type = MetricType::kHistogram,
                                   .labels = {"kind"}};
inline constexpr MetricSpec kClaimBatch{.name = "souk_jobs_claim_batch",
                                        .help = "Jobs claimed by one statement.",
                                        .type = MetricType::kHistogram,
                                        .buckets = kBatchBuckets};
inline constexpr MetricSpec kSettleBatch{.name = "souk_jobs_settle_batch",
                                         .help = "Jobs acknowledged by one transaction.",
                                         .type = MetricType::kHistogram,
                                         .buckets = kBatchBuckets};
inline constexpr MetricSpec kClaimDuration{.name = "souk_jobs_claim_duration_seconds",
                                           .help = "Time to find and claim a batch.",
                                           .type = MetricType::kHistogram};
inline constexpr MetricSpec kChannelWaits{
    .name = "souk_jobs_channel_waits_total",
    .help = "Times the claimer waited because the channel was full.",
    .type = MetricType::kCounter};
inline constexpr MetricSpec kChannelWait{.name = "souk_jobs_channel_wait_seconds",
                                         .help = "How long it waited each time.",
                                         .type = MetricType::kHistogram};
inline constexpr MetricSpec kFailures{
    .name = "souk_jobs_exchange_failures_total",
    .help =
        "Exchanges with the database that failed: fetch, settle, lease, take_over, notify, "
        "measure, leave, periodic (what is due) or end_periodic (what became of a run).",
    .type = MetricType::kCounter,
    .labels = {"what"}};
inline constexpr MetricSpec kLeasesLost{.name = "souk_jobs_leases_lost_total",
                                        .help = "Times this node came too late to renew its lease.",
                                        .type = MetricType::kCounter};
inline constexpr MetricSpec kPeriodicRuns{.name = "souk_jobs_periodic_runs_total",
                                          .help = "Runs of periodic jobs: done or failed.",
                                          .type = MetricType::kCounter,
                                          .labels = {"name", "outcome"}};

std::span<const MetricSpec* const> metric_specs();

struct KindMetrics {
  KindMetrics(telemetry::Registry& registry, std::string_view kind);
  telemetry::Counter& done;
  telemetry::Counter& failed;
  telemetry::Counter& dead;
  telemetry::Histogram& duration;
  telemetry::Histogram& delay;
  telemetry::Gauge& depth;
};

// How the log calls the failures of one kind of exchange.
constexpr telemetry::FailureEvents exchange_events(std::string_view what) {
  return {.failed = "jobs_exchange_failed", .resumed = "jobs_exchange_resumed", .what = what};
}

struct NodeMetrics {
  explicit NodeMetrics(telemetry::Registry& registry);
  telemetry::Gauge& other_depth;
  telemetry::Gauge& oldest_age;
  telemetry::Gauge& dead_letters;
  telemetry::Gauge& in_flight;
  telemetry::Gauge& queued;
  telemetry::Counter& handed_back;
  telemetry::Histogram& claim_batch;
  telemetry::Histogram& settle_batch;
  telemetry::Histogram& claim_duration;
  telemetry::Counter& channel_waits;
  telemetry::Histogram& channel_wait;
  telemetry::Counter& leases_lost;
  telemetry::Counter& fetch_failures;
  telemetry::Counter& settle_failures;
  telemetry::Counter& lease_failures;
  telemetry::Counter& take_over_failures;
  telemetry::Counter& notify_failures;
  telemetry::Counter& measure_failures;
  telemetry::Counter& leave_failures;
};

}  // namespace souk::jobs
