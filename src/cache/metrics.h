// What the cache counts. Cells belong to one worker; what the workers share is read at scrape time.
// Threading: WorkerMetrics belongs to one worker. Ownership: borrows the registry.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "cache/entry.h"
#include "telemetry/failure_reporter.h"
#include "telemetry/metrics.h"

namespace souk::cache {

struct MetricTable {
  telemetry::CounterSpec hits{
      "souk_cache_hits_total",
      "Lookups answered from the cache, by kind of entry and level (memory or redis).",
      {"kind", "level"}};
  telemetry::CounterSpec misses{"souk_cache_misses_total",
                                "Lookups that were not answered by any level of the cache.",
                                {"kind"}};
  telemetry::CounterSpec waits{"souk_cache_fill_waits_total",
                               "Lookups that waited for a running fill of the same key.",
                               {"kind"}};
  telemetry::CounterSpec fills{"souk_cache_fills_total",
                               "Fills by outcome: kept, refused (changed meanwhile), older (a "
                               "newer entry is cached), too_large, failed.",
                               {"kind", "outcome"}};
  telemetry::HistogramSpec fill_duration{"souk_cache_fill_duration_seconds",
                                         "Duration of a fill, including the database's time.",
                                         {"kind"}};
  telemetry::CounterSpec stale_served{
      "souk_cache_stale_served_total",
      "Lookups answered with an expired entry because the database was down (error), slow (slow) "
      "or disconnected (unconfirmed).",
      {"kind", "reason"}};
  telemetry::CounterSpec refreshes{"souk_cache_refreshes_total",
                                   "Entries reloaded before they expired, because they were read.",
                                   {"kind"}};
  telemetry::CounterSpec remote_rejected{
      "souk_cache_remote_rejected_total",
      "Values found in Redis and not used: foreign (of another format, type or history), forged "
      "(of this history, but not written by a node of this shop, or damaged) or outdated.",
      {"reason"}};
  telemetry::CounterSpec leases{
      "souk_cache_leases_total",
      "Leases requested in Redis before a fill: granted, waited (another node fills).",
      {"outcome"}};
  telemetry::CounterSpec compressions{
      "souk_cache_compressions_total",
      "Renderings of entries that were compressed, off the event loops."};
  telemetry::GaugeSpec entries{"souk_cache_entries", "Entries in memory."};
  telemetry::GaugeSpec bytes{"souk_cache_bytes", "Bytes of entries in memory, including overhead."};
  telemetry::GaugeSpec max_bytes{"souk_cache_max_bytes",
                                 "Largest number of bytes of entries in memory."};
  telemetry::CounterSpec evictions{"souk_cache_evictions_total",
                                   "Entries evicted from memory because it was full."};
  telemetry::CounterSpec invalidations{
      "souk_cache_invalidations_total",
      "Changes recorded, by topic and source: this node's own write (own) or the change log (log).",
      {"topic", "source"}};
  telemetry::CounterSpec invalidated_entries{"souk_cache_invalidated_entries_total",
                                             "Entries that changes removed from memory."};
  telemetry::HistogramSpec invalidation_delay{
      "souk_cache_invalidation_delay_seconds",
      "Time from the logging of a change in its transaction until this node reads it, by the "
      "database's clock.",
      {"topic"}};
  telemetry::CounterSpec flushes{
      "souk_cache_flushes_total",
      "Drops of all entries: the change log was lost or pruned, or had too many changes."};
  telemetry::GaugeSpec confirmed_age{
      "souk_cache_confirmed_age_seconds",
      "Time since this node last confirmed that it had applied every change; up to 0.5 s while it "
      "rests, since nobody asks it."};
  telemetry::CounterSpec clock_leaps{
      "souk_database_clock_leaps_total",
      "Times the database's clock jumped relative to this node's monotonic clock, or differed from "
      "this node's clock at the start; deletions by age then pause."};
  telemetry::CounterSpec exchange_failures{
      "souk_cache_exchange_failures_total",
      "Exchanges with the database that failed: look (at the change log), prune or probe.",
      {"what"}};
  telemetry::CounterSpec probes{
      "souk_cache_probes_total",
      "Cached entries compared with the database by the prober: current or stale.",
      {"result"}};
  telemetry::GaugeSpec consistency_ratio{"souk_cache_consistency_ratio",
                                         "Share of current entries among the last 1,000 that the "
                                         "prober compared; absent before the first."};
  telemetry::HistogramSpec staleness{
      "souk_cache_staleness_seconds",
      "Staleness of entries that the prober found: time since the start of the transaction that "
      "changed their row, by the database's clock."};
};
inline constexpr MetricTable kMetrics;

// How the log calls the failures of one kind of exchange.
constexpr telemetry::FailureEvents exchange_events(std::string_view what) {
  return {.failed = "cache_exchange_failed", .resumed = "cache_exchange_resumed", .what = what};
}

// The cells of one worker for one kind of entry.
struct KindMetrics {
  telemetry::Registry& registry;
  telemetry::Log& log;
  std::string_view kind;
  telemetry::Counter& memory_hits = registry.cell(kMetrics.hits, {kind, "memory"});
  telemetry::Counter& redis_hits = registry.cell(kMetrics.hits, {kind, "redis"});
  telemetry::Counter& misses = registry.cell(kMetrics.misses, {kind});
  telemetry::Counter& waits = registry.cell(kMetrics.waits, {kind});
  telemetry::Counter& kept = registry.cell(kMetrics.fills, {kind, "kept"});
  telemetry::Counter& refused = registry.cell(kMetrics.fills, {kind, "refused"});
  telemetry::Counter& older = registry.cell(kMetrics.fills, {kind, "older"});
  telemetry::Counter& too_large = registry.cell(kMetrics.fills, {kind, "too_large"});
  telemetry::Histogram& fill_duration = registry.cell(kMetrics.fill_duration, {kind});
  telemetry::Counter& stale_error = registry.cell(kMetrics.stale_served, {kind, "error"});
  telemetry::Counter& stale_slow = registry.cell(kMetrics.stale_served, {kind, "slow"});
  telemetry::Counter& stale_unconfirmed =
      registry.cell(kMetrics.stale_served, {kind, "unconfirmed"});
  telemetry::Counter& refreshes = registry.cell(kMetrics.refreshes, {kind});
  telemetry::FailureReporter loading{
      log,
      registry.cell(kMetrics.fills, {kind, "failed"}),
      {.failed = "cache_load_failed", .resumed = "cache_load_resumed", .what = kind}};
};

// Of all kinds, made on first use.
class WorkerMetrics {
 public:
  WorkerMetrics(telemetry::Registry& registry, telemetry::Log& log)
      : registry_(registry), log_(log) {}

  // Its name is found by its address, since each hit asks: a name with two addresses has two sets
  // of cells, whose sums are scraped.
  KindMetrics& of(const Kind& kind) {
    auto* const cells = slots_[kind.slot];
    if (cells != nullptr && cells->kind.data() == kind.name.data()) [[likely]]
      return *cells;
    return search(kind);
  }

 private:
  // The first kind of a slot keeps it.
  [[gnu::noinline]] KindMetrics& search(const Kind& kind) {
    const auto known = std::ranges::find(kinds_, kind.name.data(),
                                         [](const auto& cells) { return cells->kind.data(); });
    if (known != kinds_.end()) return **known;
    auto& made = *kinds_.emplace_back(new KindMetrics{registry_, log_, kind.name});
    auto*& slot = slots_[kind.slot];
    if (slot == nullptr) slot = &made;
    return made;
  }

  telemetry::Registry& registry_;
  telemetry::Log& log_;
  std::array<KindMetrics*, kKindSlots> slots_{};
  std::vector<std::unique_ptr<KindMetrics>> kinds_;
};

}  // namespace souk::cache
