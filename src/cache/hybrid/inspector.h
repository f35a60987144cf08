// What an operator does to the cache: looks at a key, and has keys, tags and patterns dropped on
// all nodes. Nothing of the shop needs it to be right.
//
// Threading: one per worker, loop thread only. Ownership: borrows all it is made with, which
// outlives it.
#pragma once

#include <string>

#include "cache/hybrid/hybrid_cache.h"
#include "postgres/pool.h"

namespace souk::cache {

class Inspector {
 public:
  // `redis` may be null: there is none.
  Inspector(SharedCache& shared, HybridCache& cache, RedisLevel* redis, postgres::Pool& pool)
      : shared_(shared), cache_(cache), redis_(redis), pool_(pool) {}

  // Null where a level has nothing, or nothing that can be read. Whether it is believed is another
  // question: see is_fresh().
  struct Copies {
    EntryPtr memory;
    EntryPtr redis;
  };
  runtime::Task<Copies> look_up(const std::string& key);
  // Whether this node would serve it as it is.
  bool is_fresh(const Entry& entry) const { return cache_.would_serve(entry); }

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
