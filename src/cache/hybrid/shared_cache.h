// The cache state shared by the workers of a node: memory, recent changes, and running loads.
//
// Threading: any thread. Ownership: borrows the registry and the offload threads, which outlive it;
// outlives the caches that use it.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "cache/coherence/demand.h"
#include "cache/coherence/invalidations.h"
#include "cache/hybrid/shared_loads.h"
#include "cache/memory/memory_level.h"
#include "redis/secret.h"
#include "runtime/offload.h"
#include "telemetry/metrics.h"

namespace souk::cache {

struct CacheConfig {
  std::size_t max_memory = 256 << 20;  // bytes; 0: no memory level
  bool use_redis = true;

  // Entries are served as fresh while every change until this long ago is known to be recorded.
  std::chrono::milliseconds max_unconfirmed{100};
  // How long a request waits for the database when an old entry could be served.
  std::chrono::milliseconds soft_timeout{200};
  // The time limit of a load, Redis included.
  std::chrono::milliseconds fill_timeout{10'000};
  // How long a node waits for another node's load of the same key, before it loads too.
  std::chrono::milliseconds max_lease_wait{200};

  std::size_t max_loading = 16;      // concurrent loads per worker; more would wait in the database
  std::size_t max_waiting = 20'000;  // for loads, per worker
  std::size_t max_confirming = 64;   // confirming loads without the change log, per worker
  std::size_t max_background = 64;   // background reloads, per worker
  std::size_t min_compressed = 512;  // bytes; smaller bodies are not compressed

  // How often the change log is read without NOTIFY, while entries are asked for.
  std::chrono::milliseconds poll_interval{15};
  // How often cached entries are compared with the database.
  std::chrono::milliseconds probe_interval{1'000};
};

// Makes the requested compressed form of a rendering, with empty bytes if that is not smaller;
// called on an offload thread.
using Compressor = std::function<Rendering(const Rendering& plain, RenderingKey wanted)>;

class SharedCache {
 public:
  SharedCache(CacheConfig config, std::vector<std::string_view> topics, Compressor compressor,
              runtime::Offload& offload, telemetry::Registry& registry);

  const CacheConfig config;
  const Compressor compressor;
  runtime::Offload& offload;
  MemoryLevel memory;
  Invalidations invalidations;
  Demand demand;
  SharedLoads loads;
  redis::SharedSecret redis_secret;

 private:
  std::vector<telemetry::Registration> registrations_;
};

}  // namespace souk::cache
