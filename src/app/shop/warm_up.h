// Fills the cache of a node that starts, before /readyz says ready: the categories, the first page,
// and the products that were sold most lately, from Redis where it has them. Else the first seconds
// of its visitors are spent on loads.
//
// cache.warm_up products and cache.warm_up_time bound it, from when the database is usable. Then
// the node is ready, whatever was cached; a failure is only told.
//
// Threading: run() on the loop of one worker, once; ended() for any thread. Ownership: borrows all
// it is made with, which outlives it; run() ends soon after `stopping` is set.
#pragma once

#include <atomic>

#include "app/settings.h"
#include "cache/hybrid/hybrid_cache.h"
#include "catalog/catalog.h"
#include "postgres/pool.h"
#include "runtime/workers.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::app {

class WarmUp {
 public:
  static constexpr std::size_t kAtOnce = 64;  // products that are waited for

  // A node that is read-only keeps nothing in memory, and has none.
  WarmUp(const Settings& settings, telemetry::Registry& registry, telemetry::Log& log);

  struct Sources {
    postgres::Pool& pool;
    cache::HybridCache& cache;
    catalog::Catalog& catalog;
  };
  // `usable` is set when the database is usable, or the worker stops.
  runtime::Task<void> run(Sources sources, runtime::Worker& worker, runtime::Event& usable);

  // Also when there is none.
  bool ended() const { return ended_.load(std::memory_order_acquire); }

 private:
  struct Progress;
  runtime::Task<void> fill(Sources sources, runtime::Loop& loop, Progress& progress);
  runtime::Task<void> load_pages(catalog::Catalog& catalog, Progress& progress);
  runtime::Task<void> load_products(catalog::Catalog& catalog, Progress& progress);
  void report(const Progress& progress, std::chrono::steady_clock::duration took);

  const std::size_t products_;
  const std::chrono::milliseconds time_;
  telemetry::Gauge& warmed_;
  telemetry::Gauge& seconds_;
  telemetry::Log& log_;
  std::atomic<bool> ended_;
};

}  // namespace souk::app
