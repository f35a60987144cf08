// A thread's connections: PostgreSQL, and Redis if configured.
//
// Threading: the worker's loop. Ownership: borrows node and worker, which outlive it. start()
// before use; close() before it is destroyed.
#pragma once

#include <optional>

#include "app/shop/node.h"
#include "base/random.h"
#include "cache/remote/redis_level.h"
#include "postgres/pool.h"
#include "redis/client.h"
#include "runtime/scope.h"
#include "runtime/workers.h"

namespace souk::app {

class Connections {
 public:
  enum class Use : std::uint8_t {
    kRequests,  // of one worker
    kOrders,    // batches of orders of the node, which never wait behind other requests
  };
  Connections(Node& node, runtime::Worker& worker, Random& random, Use use);

  // The tasks run in `scope` until close() has ended.
  void start(runtime::Scope& scope);
  runtime::Task<void> close();

  postgres::Pool& pool() { return pool_; }
  // Null without Redis.
  redis::Client* redis() { return redis_ ? &*redis_ : nullptr; }
  cache::RedisLevel* redis_level() { return redis_level_ ? &*redis_level_ : nullptr; }

  // The most connections to the database that a node opens.
  static std::size_t most_to_database(const Settings& settings);

 private:
  runtime::Task<void> start_pool();
  // Whether plans of slow statements are logged, as the settings ask; once for a node.
  runtime::Task<void> report_explaining();
  static runtime::Task<void> start_redis(redis::Client& redis);

  Node& node_;
  runtime::Worker& worker_;
  postgres::Pool pool_;
  std::optional<redis::Client> redis_;
  std::optional<cache::RedisLevel> redis_level_;
};

}  // namespace souk::app
