#include "app/shop/connections.h"

#include <algorithm>

#include "postgres/explaining.h"

namespace souk::app {

using runtime::Task;

namespace {

// One is leased at a time, for the batch being written or for the look-up of an unknown outcome;
// the other is the shared one.
constexpr std::size_t kForOrders = 2;
constexpr std::size_t kForJobsAndCache = 20;  // pools and listening connections, rounded up

postgres::PoolConfig pool_config(const Node& node, const runtime::Worker& worker,
                                 Connections::Use use) {
  auto config = node.settings.database;
  config.read_only = node.settings.serve.read_only;
  config.worker = worker.index;
  config.workers = node.workers;
  // A longer wait for a row means an abandoned transaction, not contention.
  config.session.push_back({"lock_timeout", "'2s'"});
  if (use == Connections::Use::kOrders) {
    config.application_name = "souk orders";
    config.workers = 1;
    config.min_connections = kForOrders;
    config.max_connections = kForOrders;
    // Plans are kept, those of foreign keys too: one made while a table was nearly empty would go
    // on scanning it while a new shop's first rush fills it, until the next automatic ANALYZE.
    config.session.push_back({"enable_seqscan", "'off'"});
  }
  return config;
}

}  // namespace

Connections::Connections(Node& node, runtime::Worker& worker, Random& random, Use use)
    : node_(node),
      worker_(worker),
      pool_(worker.loop, node.registry, pool_config(node, worker, use)) {
  const auto& settings = node.settings;
  if (settings.redis.url.empty() || settings.serve.read_only) return;
  auto config = settings.redis.client;
  config.url = node.redis_url;
  redis_.emplace(worker.loop, node.registry, node.log, random, std::move(config));
  const auto& shared = node.cache.shared();
  redis_level_.emplace(*redis_, shared.invalidations, shared.redis_secret,
                       cache::RedisLevel::Environment{node.registry, node.log, random});
}

void Connections::start(runtime::Scope& scope) {
  scope.spawn(start_pool());
  if (redis_) scope.spawn(start_redis(*redis_));
}

Task<void> Connections::close() {
  if (redis_) co_await redis_->close();
  co_await pool_.close();
}

std::size_t Connections::most_to_database(const Settings& settings) {
  const auto workers = worker_count(settings);
  return std::max(settings.database.max_connections, 2 * workers) + kForOrders + kForJobsAndCache;
}

Task<void> Connections::start_pool() {
  try {
    co_await pool_.start();
    const bool asked = node_.settings.database.explain_slow.count() > 0;
    if (asked && worker_.index == 0) co_await report_explaining();
  } catch (const Unavailable& error) {
    node_.log.warning("database_unavailable",
                      {{"worker", worker_.index}, {"reason", error.what()}});
  }
}

Task<void> Connections::report_explaining() {
  runtime::Context context{.deadline = std::chrono::steady_clock::now() +
                                       node_.settings.database.command_timeout};
  if (const auto above = co_await postgres::explained_above(pool_, context)) {
    node_.log.info("slow_statements_explained", {{"aboveMilliseconds", above->count()}});
    co_return;
  }
  node_.log.warning(
      "slow_statements_not_explained",
      {{"setting", "database.explain_slow"},
       {"reason",
        "the database's role may not load auto_explain or not set it; a superuser helps with: "
        "ALTER ROLE ... SET session_preload_libraries = 'auto_explain'; LOAD 'auto_explain'; "
        "GRANT SET ON PARAMETER auto_explain.log_min_duration TO ..."}});
}

Task<void> Connections::start_redis(redis::Client& redis) {
  co_await redis.start();  // logs its own failures
}

}  // namespace souk::app
