// What an operator does to the cache: looks at a key, and has keys, tags and patterns dropped on
// all nodes. Nothing of the shop needs it to be right.
//
// Threading: one per worker, loop thread only. Ownership: borrows all it is made with, which
// outlives it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/hybrid/hybrid_cache.h"
#include "postgres/pool.h"

namespace souk::cache {

class Inspector {
 public:
  // `redis` may be null: there is none.
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
    bool is_fresh = false;                  // this node would serve it as it is
    std::vector<Rendered> renderings = {};  // which stay on their node
  };
  // Nothing where a level has nothing, or nothing that can be read.
  struct Copies {
    std::optional<Copy> memory;
    std::optional<Copy> redis;
  };
  runtime::Task<Copies> look_up(const std::string& key);

  // Here at once, on the other nodes as soon as they read the change log. One statement. Returns
  // how many entries went here, and for a pattern in Redis. Throws Unavailable.
  runtime::Task<std::size_t> drop_tag(runtime::Context& context, std::string tag);  // or a key
  runtime::Task<std::size_t> drop_pattern(runtime::Context& context, std::string pattern);

 private:
  SharedCache& shared_;
  HybridCache& cache_;
  RedisLevel* redis_;
  postgres::Pool& pool_;
};

}  // namespace souk::cache
