// The running shop: everything between the settings and the sockets, built here and nowhere else.
// One worker per core, each with its own pool, services and HTTP server; they share the registry,
// the log, the hashing threads and the connection limits.
//
// Threading: made, stopped and joined by the main thread. Ownership: borrows the settings, the log
// and the registry, which outlive it.
#pragma once

#include <atomic>
#include <memory>

#include "accounts/sign_in_guard.h"
#include "app/settings.h"
#include "app/shop/cache_node.h"
#include "app/shop/database_watch.h"
#include "app/shop/jobs_node.h"
#include "app/shop/listeners.h"
#include "app/shop/offload_metrics.h"
#include "base/error.h"
#include "base/followed_clock.h"
#include "http/dispatcher.h"
#include "http/server/connection_limits.h"
#include "jobs/doorbell.h"
#include "postgres/pool.h"
#include "redis/client.h"
#include "redis/url.h"
#include "reports/export_slots.h"
#include "runtime/offload.h"
#include "runtime/workers.h"
#include "telemetry/log.h"
#include "telemetry/process_metrics.h"

namespace souk::app {

class Shop {
 public:
  // Takes the ports, which may need root; nobody can connect yet. Errors: unavailable where one
  // cannot be had, saying what to do.
  static Result<Listeners> bind(const Settings& settings);
  // Listens and starts the workers; requests are answered from then on, with 503 as long as the
  // database is away. Errors: unavailable where the port cannot be had, saying what to do.
  static Result<std::unique_ptr<Shop>> open(const Settings& settings, Listeners listeners,
                                            const Clock& clock, telemetry::Registry& registry,
                                            telemetry::Log& log);
  // How many connections to the database a node opens at most.
  static std::size_t database_connections(const Settings& settings);

  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;
  ~Shop();  // stops and joins

  std::uint16_t port() const { return port_; }
  std::uint16_t operator_port() const { return operator_server_.port; }
  std::size_t workers() const { return worker_count_; }
  // True once a worker has ended by an exception; close() then rethrows it.
  bool failed() const { return failed_; }

  // Drains: connections are closed, requests in flight finish within http.drain_timeout.
  void close();

 private:
  Shop(const Settings& settings, const Clock& clock, telemetry::Registry& registry,
       telemetry::Log& log, redis::Url redis_url, Listeners listeners);

  runtime::Task<void> run_worker(runtime::Worker& worker);
  runtime::Task<void> serve(runtime::Worker& worker);
  runtime::Task<void> start_pool(postgres::Pool& pool, const runtime::Worker& worker);
  // Payments that a crash or a lost answer left in the middle; one worker of each node looks.
  runtime::Task<void> resume_payments(runtime::Worker& worker, checkout::PaymentFlow& payments);
  static runtime::Task<void> start_redis(redis::Client& redis);

  const Settings& settings_;
  const Clock& clock_;
  telemetry::Registry& registry_;
  telemetry::Log& log_;
  const redis::Url redis_url_;  // where settings name one
  Listeners listeners_;
  const std::size_t worker_count_;
  const std::uint16_t port_;
  const http::ServerConfig operator_server_;
  http::ConnectionLimits limits_;
  http::ConnectionLimits operator_limits_;
  http::ProxyWarnings proxy_warnings_;
  runtime::Offload hashing_;
  OffloadMetrics hashing_metrics_;
  accounts::SignInGuard sign_in_guard_;
  reports::ExportSlots export_slots_;
  FollowedClock database_clock_;  // what is stored, or compared with it, has its time
  DatabaseWatch database_;
  CacheNode cache_;
  JobsNode jobs_;
  telemetry::ProcessMetrics process_metrics_;
  std::atomic<bool> failed_ = false;
  std::unique_ptr<runtime::Workers> workers_;  // last: runs with all of the above
};

}  // namespace souk::app
