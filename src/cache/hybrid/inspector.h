// An operator's access to the cache: inspects a key, and drops keys, tags and patterns on all
// nodes. The shop's correctness does not depend on it.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/hybrid/hybrid_cache.h"
#include "postgres/pool.h"

namespace souk::cache {

class Inspector {
 public:
  // `redis` is null without Redis.
  Inspector(SharedCache& shared, HybridCache& cache, RedisLevel* redis, postgres::Pool& pool)
      : shared_(shared), cache_(cache), redis_(redis), pool_(pool) {}

  struct Rendered {
    RenderingKey key;
    std::string etag;
    std::size_t bytes = 0;
  };
  struct Copy {
    bool is_absent = false;
    std::int64_t version = 0;
    Timestamp made_at = {};
    std::size_t tags = 0;
    bool is_fresh = false;                  // this node would serve it as fresh
    std::vector<Rendered> renderings = {};  // of this node only
  };
  // Nothing when a level has no readable entry.
  struct Copies {
    std::optional<Copy> memory;
    std::optional<Copy> redis;
  };
  runtime::Task<Copies> look_up(const std::string& key);

  // Drops here at once, on other nodes when they read the change log. One statement. Returns how
  // many entries were dropped here and, for a pattern, in Redis. Throws Unavailable.
  runtime::Task<std::size_t> drop_tag(runtime::Context& context, std::string tag);  // or a key
  runtime::Task<std::size_t> drop_pattern(runtime::Context& context, std::string pattern);

 private:
  SharedCache& shared_;
  HybridCache& cache_;
  RedisLevel* redis_;
  postgres::Pool& pool_;
};

}  // namespace souk::cache
