// The cache of this process: the state shared by workers, and the thread that keeps it coherent.
// Threading: created and stopped by the main thread; shared() from any thread. Ownership: borrows
// all it is made with, which outlives it, as it does the workers.
#pragma once

#include "app/settings.h"
#include "app/shop/offload_metrics.h"
#include "base/followed_clock.h"
#include "cache/hybrid/shared_cache.h"
#include "catalog/caching.h"
#include "inventory/inventory.h"
#include "runtime/offload.h"
#include "runtime/workers.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::app {

catalog::Caching catalog_caching(const CacheSettings& settings);
inventory::Caching inventory_caching(const CacheSettings& settings);

class CacheNode {
 public:
  CacheNode(const Settings& settings, FollowedClock& clock, telemetry::Registry& registry,
            telemetry::Log& log);
  CacheNode(const CacheNode&) = delete;
  CacheNode& operator=(const CacheNode&) = delete;

  cache::SharedCache& shared() { return shared_; }
  // Ends the thread. REQUIRES: no more reads from the cache.
  void stop();

 private:
  runtime::Task<void> follow(runtime::Worker& worker);

  const Settings& settings_;
  FollowedClock& clock_;
  telemetry::Registry& registry_;
  telemetry::Log& log_;
  runtime::Offload compressing_;
  OffloadMetrics compressing_metrics_;
  cache::SharedCache shared_;
  runtime::Workers follower_;  // last: runs with all of the above
};

}  // namespace souk::app
