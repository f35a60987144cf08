// What the workers of a node share of the cache: memory, what has changed lately, and who loads
// what.
//
// Threading: any thread. Ownership: borrows the registry and the offload threads, which outlive it;
// outlives the caches that use it.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "cache/coherence/invalidations.h"
#include "cache/hybrid/flights.h"
#include "cache/memory/memory_level.h"
#include "cache/secret.h"
#include "runtime/offload.h"
#include "telemetry/metrics.h"

namespace souk::cache {

struct CacheConfig {
  std::size_t max_memory = 256 << 20;  // bytes; 0: nothing is kept in memory
  bool use_redis = true;

  // Entries are served as fresh if every change until so long ago is known to be noted.
  std::chrono::milliseconds max_unconfirmed{100};
  // How long a request waits for the database where an old entry can stand in.
  std::chrono::milliseconds soft_timeout{200};
  // Time a load has, Redis included.
  std::chrono::milliseconds fill_timeout{10'000};
  // How long a node waits for another that loads the same key, before it loads it too.
  std::chrono::milliseconds max_lease_wait{200};

  std::size_t max_loading = 16;  // loads at once, in each worker: more would wait in the database
  std::size_t max_waiting = 20'000;  // for loads, in each worker
  std::size_t max_confirming = 64;   // loads to confirm entries while cut off, in each worker
  std::size_t max_background = 64;   // refreshes, in each worker
  std::size_t min_compressed = 512;  // bytes; smaller bodies are left as they are

  // How often the change log is looked at, NOTIFY or not.
  std::chrono::milliseconds poll_interval{15};
  // How often cached entries are compared with the database.
  std::chrono::milliseconds probe_interval{1'000};
};

// Makes of a rendering those that are its compressed forms; called on an offload thread.
using Compressor = std::function<std::vector<Rendering>(const Rendering& plain)>;

class SharedCache {
 public:
  SharedCache(CacheConfig config, std::vector<std::string_view> topics, Compressor compressor,
              runtime::Offload& offload, telemetry::Registry& registry);

  const CacheConfig config;
  const Compressor compressor;
  runtime::Offload& offload;
  MemoryLevel memory;
  Invalidations invalidations;
  Flights flights;
  SharedSecret redis_secret;

 private:
  std::vector<telemetry::Registration> registrations_;
};

}  // namespace souk::cache
