// What the cache counts. Cells belong to one worker; what the workers share is read at scrape time.
// Threading: WorkerMetrics belongs to one worker. Ownership: borrows the registry.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string_view>

#include "telemetry/failure_reporter.h"
#include "telemetry/metrics.h"

namespace souk::cache {

using telemetry::MetricSpec;
using telemetry::MetricType;

inline constexpr MetricSpec kHits{
    .name = "souk_cache_hits_total",
    .help = "Lookups answered from the cache, by kind of entry and level (memory or redis).",
    .type = MetricType::kCounter,
    .labels = {"kind", "level"}};
inline constexpr MetricSpec kMisses{.name = "souk_cache_misses_total",
                                    .help = "Lookups that no level of the cache could answer.",
                                    .type = MetricType::kCounter,
                                    .labels = {"kind"}};
inline constexpr MetricSpec kWaits{
    .name = "souk_cache_fill_waits_total",
    .help = "Lookups that waited for a fill of the same key that was under way already.",
    .type = MetricType::kCounter,
    .labels = {"kind"}};
inline constexpr MetricSpec kFills{
    .name = "souk_cache_fills_total",
    .help =
        "Fills by outcome: kept, refused (changed meanwhile), older (something newer is kept), too_"
        "large, failed.",
    .type = MetricType::kCounter,
    .labels = {"kind", "outcome"}};
inline constexpr MetricSpec kFillDuration{.name = "souk_cache_fill_duration_seconds",
                                          .help = "Time a fill took, the database's part included.",
                                          .type = MetricType::kHistogram,
                                          .labels = {"kind"}};
inline constexpr MetricSpec kStaleServed{
    .name = "souk_cache_stale_served_total",
    .help =
        "Lookups answered with an entry past its time because the database was down (error), slow "
        "(slow) or cut off (unconfirmed).",
    .type = MetricType::kCounter,
    .labels = {"kind", "reason"}};
inline constexpr MetricSpec kRefreshes{
    .name = "souk_cache_refreshes_total",
    .help = "Entries loaded anew before their time was over, because they were asked for.",
    .type = MetricType::kCounter,
    .labels = {"kind"}};
inline constexpr MetricSpec kRemoteRejected{
    .name = "souk_cache_remote_rejected_total",
    .help =
        "Values found in Redis and not used: foreign (of another format, type or history), forged "
        "(of this history, but put there by somebody else, or damaged) or outdated.",
    .type = MetricType::kCounter,
    .labels = {"reason"}};
inline constexpr MetricSpec kLeases{
    .name = "souk_cache_leases_total",
    .help = "Leases asked for in Redis before a fill: granted, waited (another node fills).",
    .type = MetricType::kCounter,
    .labels = {"outcome"}};
inline constexpr MetricSpec kCompressions{
    .name = "souk_cache_compressions_total",
    .help = "Entries whose bytes were compressed, once each, off the event loops.",
    .type = MetricType::kCounter};

inline constexpr MetricSpec kEntries{
    .name = "souk_cache_entries", .help = "Entries in memory.", .type = MetricType::kGauge};
inline constexpr MetricSpec kBytes{.name = "souk_cache_bytes",
                                   .help = "Bytes of entries in memory, bookkeeping included.",
                                   .type = MetricType::kGauge};
inline constexpr MetricSpec kMaxBytes{.name = "souk_cache_max_bytes",
                                      .help = "Bytes that entries in memory may take.",
                                      .type = MetricType::kGauge};
inline constexpr MetricSpec kEvictions{.name = "souk_cache_evictions_total",
                                       .help = "Entries that left memory for want of room.",
                                       .type = MetricType::kCounter};

inline constexpr MetricSpec kInvalidations{
    .name = "souk_cache_invalidations_total",
    .help = "Changes noted, by topic and by whom: the writer (own) or the change log (log).",
    .type = MetricType::kCounter,
    .labels = {"topic", "source"}};
inline constexpr MetricSpec kInvalidatedEntries{.name = "souk_cache_invalidated_entries_total",
                                                .help = "Entries that changes removed from memory.",
                                                .type = MetricType::kCounter};
inline constexpr MetricSpec kInvalidationDelay{
    .name = "souk_cache_invalidation_delay_seconds",
    .help =
        "Time from a change being logged in its transaction to its being seen here, by the "
        "database's clock.",
    .type = MetricType::kHistogram,
    .labels = {"topic"}};
inline constexpr MetricSpec kFlushes{
    .name = "souk_cache_flushes_total",
    .help =
        "Times everything was dropped: the change log was lost or pruned, or too much had changed.",
    .type = MetricType::kCounter};
inline constexpr MetricSpec kConfirmedAge{
    .name = "souk_cache_confirmed_age_seconds",
    .help = "Time since this node last knew that it had noted every change.",
    .type = MetricType::kGauge};

inline constexpr MetricSpec kClockLeaps{
    .name = "souk_database_clock_leaps_total",
    .help =
        "Times the database's clock was seen to leap against this node's monotonic one, or to "
        "differ from its own at the start: what is deleted for its age then waits.",
    .type = MetricType::kCounter};

inline constexpr MetricSpec kExchangeFailures{
    .name = "souk_cache_exchange_failures_total",
    .help = "Exchanges with the database that failed: look (at the change log), prune or probe.",
    .type = MetricType::kCounter,
    .labels = {"what"}};

inline constexpr MetricSpec kProbes{
    .name = "souk_cache_probes_total",
    .help = "Cached entries compared with the database by the prober: current or stale.",
    .type = MetricType::kCounter,
    .labels = {"result"}};
inline constexpr MetricSpec kConsistencyRatio{
    .name = "souk_cache_consistency_ratio",
    .help =
        "Share of current entries among the last 1,000 that the prober compared; not there before "
        "the first.",
    .type = MetricType::kGauge};
inline constexpr MetricSpec kStaleness{
    .name = "souk_cache_staleness_seconds",
    .help =
        "Of stale entries the prober found: time since the transaction began that changed their "
        "row, by the database's clock.",
    .type = MetricType::kHistogram};

// How the log calls the failures of one kind of exchange.
constexpr telemetry::FailureEvents exchange_events(std::string_view what) {
  return {.failed = "cache_exchange_failed", .resumed = "cache_exchange_resumed", .what = what};
}

// Every metric this module records, for the reference page.
std::span<const MetricSpec* const> metric_specs();

// The cells of one worker for one kind of entry.
struct KindMetrics {
  KindMetrics(telemetry::Registry& registry, std::string_view kind);

  telemetry::Counter& memory_hits;
  telemetry::Counter& redis_hits;
  telemetry::Counter& misses;
  telemetry::Counter& waits;
  telemetry::Counter& kept;
  telemetry::Counter& refused;
  telemetry::Counter& older;
  telemetry::Counter& too_large;
  telemetry::Counter& failed;
  telemetry::Histogram& fill_duration;
  telemetry::Counter& stale_error;
  telemetry::Counter& stale_slow;
  telemetry::Counter& stale_unconfirmed;
  telemetry::Counter& refreshes;
};

// Of all kinds, made on first use.
class WorkerMetrics {
 public:
  explicit WorkerMetrics(telemetry::Registry& registry) : registry_(registry) {}
  // `kind` is static text.
  KindMetrics& of(std::string_view kind);

 private:
  telemetry::Registry& registry_;
  std::map<std::string_view, std::unique_ptr<KindMetrics>> kinds_;
};

}  // namespace souk::cache
