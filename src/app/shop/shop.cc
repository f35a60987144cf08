#include "app/shop/shop.h"

#include <algorithm>
#include <thread>

#include "accounts/accounts.h"
#include "api/api.h"
#include "api/catalog/presentation.h"
#include "app/shop/operations.h"
#include "catalog/catalog.h"
#include "checkout/checkout.h"
#include "checkout/order_flow.h"
#include "http/dispatcher.h"
#include "http/h1/session.h"
#include "http/server/server.h"
#include "inventory/inventory.h"
#include "orders/events.h"
#include "orders/orders.h"
#include "payments/manual_provider.h"
#include "redis/client.h"
#include "reports/reports.h"
#include "runtime/scope.h"
#include "telemetry/buffer_metrics.h"

namespace souk::app {

using runtime::Task;
using runtime::Worker;

namespace {

// argon2id takes 19 MiB and some 20 ms of a core each: a few at a time, and a bounded queue.
constexpr std::size_t kMaxHashingThreads = 16;
constexpr std::size_t kMaxHashingWaiting = 1'024;
constexpr std::size_t kMaxHashingOfNetwork = 16;

std::size_t hashing_threads(const Settings& settings) {
  if (settings.accounts.hashing_threads > 0) return settings.accounts.hashing_threads;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMaxHashingThreads);
}

std::size_t worker_count(const Settings& settings) {
  if (settings.runtime.workers > 0) return settings.runtime.workers;
  return std::max(1u, std::thread::hardware_concurrency());
}

postgres::PoolConfig pool_config(const Settings& settings, const Worker& worker,
                                 std::size_t workers) {
  auto config = settings.database;
  config.read_only = settings.serve.read_only;
  config.worker = worker.index;
  config.workers = workers;
  // Who waits longer for a row meets somebody who forgot a transaction, not a crowd.
  config.session.push_back({"lock_timeout", "'2s'"});
  return config;
}

// What is read from a standby may be older than what the next request finds.
api::ApiConfig client_caching(const Settings& settings) {
  if (settings.serve.read_only) return {.shared_max_age = std::chrono::seconds(0)};
  return {settings.cache.shared_max_age,
          std::chrono::duration_cast<std::chrono::seconds>(settings.cache.max_stale)};
}

// One at a time is lent, to the batch that is written or to find out what became of it; the other
// is the one that is shared.
constexpr std::size_t kForBatches = 2;        // of each worker
constexpr std::size_t kForJobsAndCache = 20;  // their pools and who listens, rounded up

postgres::PoolConfig batches_config(postgres::PoolConfig config) {
  config.application_name = "souk orders";
  config.min_connections = kForBatches * config.workers;
  config.max_connections = kForBatches * config.workers;
  return config;
}

}  // namespace

std::size_t Shop::database_connections(const Settings& settings) {
  const auto workers = worker_count(settings);
  return std::max(settings.database.max_connections, 2 * workers) + kForBatches * workers +
         kForJobsAndCache;
}

Result<Listeners> Shop::bind(const Settings& settings) {
  return bind_listeners(settings, worker_count(settings));
}

Result<std::unique_ptr<Shop>> Shop::open(const Settings& settings, Listeners listeners,
                                         const Clock& clock, telemetry::Registry& registry,
                                         telemetry::Log& log) {
  redis::Url redis_url;
  if (!settings.redis.url.empty()) {
    auto parsed = redis::parse_url(settings.redis.url);
    if (!parsed) return std::unexpected(parsed.error());
    redis_url = *std::move(parsed);
  }
  auto listening = http::listen(listeners.shop, settings.http);
  if (listening) {
    listening =
        http::listen(listeners.operators, operator_server(settings, listeners.shop.front().port()));
  }
  if (!listening) return std::unexpected(std::move(listening.error()));
  return std::unique_ptr<Shop>(
      new Shop(settings, clock, registry, log, std::move(redis_url), std::move(listeners)));
}

Shop::Shop(const Settings& settings, const Clock& clock, telemetry::Registry& registry,
           telemetry::Log& log, redis::Url redis_url, Listeners listeners)
    : settings_(settings),
      clock_(clock),
      registry_(registry),
      log_(log),
      redis_url_(std::move(redis_url)),
      listeners_(std::move(listeners)),
      worker_count_(listeners_.shop.size()),
      port_(listeners_.shop.front().port()),
      operator_server_(operator_server(settings, port_)),
      limits_(settings.http),
      operator_limits_(operator_server_),
      hashing_(hashing_threads(settings), kMaxHashingWaiting, kMaxHashingOfNetwork),
      hashing_metrics_(registry, "hashing", hashing_),
      sign_in_guard_(settings.accounts.sign_in, registry, log),
      export_slots_(settings.reports.max_exports),
      database_clock_(clock),
      database_(settings.serve.read_only, database_clock_, registry, log),
      cache_(settings, database_clock_, registry, log),
      jobs_(settings, database_clock_, registry, log),
      process_metrics_(registry),
      workers_(std::make_unique<runtime::Workers>(
          worker_count_, [this](Worker& worker) { return run_worker(worker); })) {}

Shop::~Shop() = default;

void Shop::close() {
  workers_->stop();
  workers_->join();
  jobs_.stop();
  cache_.stop();
}

Task<void> Shop::run_worker(Worker& worker) {
  try {
    co_await serve(worker);
  } catch (const std::exception& error) {
    log_.error("worker_failed", {{"worker", worker.index}, {"reason", error.what()}});
    failed_ = true;
    throw;
  }
}

Task<void> Shop::serve(Worker& worker) {
  auto& loop = worker.loop;
  const BufferPool buffers(settings_.memory);
  const telemetry::BufferMetrics buffer_metrics(registry_, buffers);
  SystemRandom random;
  UuidGenerator ids(database_clock_, random);
  const auto database = pool_config(settings_, worker, worker_count_);
  postgres::Pool pool(loop, registry_, database);
  postgres::Pool batches(loop, registry_, batches_config(database));
  std::optional<redis::Client> redis;
  if (!settings_.redis.url.empty() && !settings_.serve.read_only) {
    auto config = settings_.redis.client;
    config.url = redis_url_;
    redis.emplace(loop, registry_, log_, random, std::move(config));
  }

  std::optional<cache::RedisLevel> redis_level;
  if (redis) redis_level.emplace(*redis, cache_.shared().invalidations, registry_, random);
  cache::HybridCache cache(cache_.shared(), redis_level ? &*redis_level : nullptr, loop, registry_,
                           database_clock_);

  cache::Inspector inspector(cache_.shared(), cache, redis_level ? &*redis_level : nullptr, pool);

  const api::JsonPresentation presentation;
  catalog::Catalog catalog(pool, cache, presentation, ids, catalog_caching(settings_.cache));
  inventory::Inventory inventory(pool, cache, presentation, inventory_caching(settings_.cache));
  checkout::Reservations reservations(pool, inventory, ids, settings_.checkout.holds);
  orders::Orders orders(pool);
  accounts::Accounts accounts(pool, loop, {hashing_, sign_in_guard_}, database_clock_, ids);
  checkout::Checkout checkout(loop, pool, batches, {inventory, jobs_.bell()}, registry_,
                              database_clock_, ids,
                              {settings_.checkout.queue, settings_.checkout.open});
  payments::Metrics payment_metrics(registry_);
  payments::ManualProvider manual;
  payments::SandboxProvider sandbox(loop, pool, database_clock_, ids, settings_.payments.webhooks,
                                    settings_.payments.sandbox_late);
  std::vector<payments::Provider*> providers;
  if (settings_.payments.sandbox) providers.push_back(&sandbox);
  if (settings_.payments.manual) providers.push_back(&manual);
  if (settings_.payments.default_provider == manual.name()) std::ranges::reverse(providers);
  checkout::PaymentFlow payments(pool, {inventory, jobs_.bell()},
                                 payments::Providers(std::move(providers)), database_clock_, ids,
                                 {payment_metrics, log_}, settings_.payments.config);
  checkout::PaymentReceipts receipts(pool, {inventory, jobs_.bell()}, database_clock_, ids,
                                     payment_metrics);
  checkout::OrderFlow order_flow(pool, {inventory, jobs_.bell()}, payments, database_clock_, ids);
  jobs::Inspector jobs(pool, jobs_.bell());
  webhooks::Webhooks webhooks(pool, database_clock_, ids, settings_.webhooks, orders::kEventKinds);
  reports::Reports reports(pool, export_slots_, registry_, settings_.reports);
  api::Api api({cache, inspector, catalog, inventory, reservations, orders, accounts, checkout,
                order_flow, payments, receipts, jobs, webhooks, reports},
               database_clock_, log_, client_caching(settings_));
  Operations operations(pool, database_, redis ? &*redis : nullptr, registry_);
  http::Routers routers;
  api.add_routes(routers);
  operations.add_routes(routers);

  http::Dispatcher dispatcher(settings_.http, std::move(routers.shop), api,
                              {clock_, random, registry_, log_, proxy_warnings_});
  http::h1::Protocol protocol(settings_.http, dispatcher.metrics(), clock_);
  http::Server server(loop, settings_.http, std::move(listeners_.shop[worker.index]), limits_,
                      dispatcher, protocol);
  http::Dispatcher operator_dispatcher(operator_server_, std::move(routers.operators), api,
                                       {clock_, random, registry_, log_, proxy_warnings_});
  http::h1::Protocol operator_protocol(operator_server_, operator_dispatcher.metrics(), clock_);
  std::optional<http::Server> for_operators;  // of one worker: they ask about the whole node
  if (worker.index == 0) {
    for_operators.emplace(loop, operator_server_, std::move(listeners_.operators.front()),
                          operator_limits_, operator_dispatcher, operator_protocol);
  }
  // Clients are answered from the start, with 503 as long as the database is away.
  runtime::Scope scope(loop);
  scope.spawn(server.run());
  if (for_operators) scope.spawn(for_operators->run());
  scope.spawn(start_pool(pool, worker));
  scope.spawn(start_pool(batches, worker));
  if (redis) scope.spawn(start_redis(*redis));
  if (worker.index == 0) {
    scope.spawn(database_.run(pool, worker.stopping));
    if (!settings_.serve.read_only) scope.spawn(resume_payments(worker, payments));
  }
  co_await worker.stopping.wait();
  co_await server.stop();
  if (for_operators) co_await for_operators->stop();
  co_await checkout.close();
  co_await cache.close();
  if (redis) co_await redis->close();
  co_await batches.close();
  co_await pool.close();
  co_await scope.join();
}

Task<void> Shop::start_pool(postgres::Pool& pool, const Worker& worker) {
  try {
    co_await pool.start();
  } catch (const Unavailable& error) {
    log_.warning("database_unavailable", {{"worker", worker.index}, {"reason", error.what()}});
  }
}

Task<void> Shop::resume_payments(Worker& worker, checkout::PaymentFlow& payments) {
  while (!co_await worker.stopping.wait(settings_.payments.resume_interval)) {
    try {
      runtime::Context context;
      co_await payments.resume(context);
    } catch (const Failure& error) {  // looked for again
      log_.warning("payments_not_resumed", {{"reason", error.what()}});
    } catch (const std::exception& error) {
      log_.error("payments_not_resumed", {{"reason", error.what()}});
    }
  }
}

Task<void> Shop::start_redis(redis::Client& redis) {
  co_await redis.start();  // logs for itself where it is away
}

}  // namespace souk::app
