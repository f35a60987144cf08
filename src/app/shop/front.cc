#include "app/shop/front.h"

#include "site/reference.h"

namespace souk::app {

using runtime::Task;

namespace {

// Data from a standby may be older than that of the next request.
api::ApiConfig client_caching(const Settings& settings) {
  if (settings.serve.read_only) return {.shared_max_age = std::chrono::seconds(0)};
  return {settings.cache.shared_max_age,
          std::chrono::duration_cast<std::chrono::seconds>(settings.cache.max_stale)};
}

// What requests wait in, beside the kernel's queue of unread ones.
std::vector<admission::Controller::Watched> queues(const admission::ControllerConfig& config,
                                                   runtime::Loop& loop, Connections& connections,
                                                   const Services& services,
                                                   const checkout::OrderQueue& order_queue) {
  using admission::Time;
  using Delays = admission::Controller::Delays;
  const auto& pool = connections.pool();
  const auto of = [](const runtime::QueueDelay& queue, admission::Duration target) {
    return [&queue, target](Time now) {
      const auto standing = queue.standing(now);
      return standing > target ? queue.latest(now) : standing;
    };
  };
  const auto of_loop = config.loop_target;
  const auto of_database = config.database_target;
  // All of the database's work competes with the orders for it.
  const auto orders = [&order_queue](Time) { return order_queue.expected_wait(); };
  const auto loads = [&cache = services.cache()](Time now) {
    return cache.expected_load_wait(now);
  };
  const auto of_orders = std::chrono::duration_cast<admission::Duration>(
      config.orders_target / admission::tolerance(http::Priority::kOrder));
  // Lists are the first to be restricted, when loads wait for the database's target.
  const auto of_loads = std::chrono::duration_cast<admission::Duration>(
      config.database_target / admission::tolerance(http::Priority::kList));
  return {
      {"loop", of(loop.lag(), of_loop), of_loop, Delays::kEverything},
      {"statements", of(pool.statement_delay(), of_database), of_database, Delays::kUncached},
      {"connections", of(pool.connection_delay(), of_database), of_database, Delays::kUncached},
      {"orders", orders, of_orders, Delays::kUncached},
      {"loads", loads, of_loads, Delays::kLoads},
  };
}

}  // namespace

Front::Front(Node& node, runtime::Worker& worker, Connections& connections, Services& services,
             Random& random)
    : api_(services.for_api(), node.database_clock, node.log, client_caching(node.settings)),
      operations_(worker.stopping, node, connections.pool(), connections.redis(),
                  node.traces.traces()),
      dashboard_(worker.loop, services.for_api().accounts, node.dashboard.source()),
      files_(node.settings.http, node.clock),
      routers_(routers(node.settings)),
      controller_(
          worker.loop, node.settings.admission,
          queues(node.settings.admission, worker.loop, connections, services, node.order_queue),
          node.registry, worker.index),
      rate_limits_(worker.loop, connections.redis(), node.cache.shared().redis_secret,
                   node.rate_buckets, node.settings.rate_limits, node.registry),
      gatekeeper_(controller_, rate_limits_),
      visit_watch_(node.visits),
      dispatcher_(node.shop_server, std::move(routers_.shop), api_,
                  {node.clock, random, node.registry, node.log, node.proxy_warnings, &gatekeeper_,
                   &node.traces.traces(), node.settings.serve.read_only ? nullptr : &visit_watch_}),
      protocols_(node.shop_server, dispatcher_.metrics(), node.clock),
      operator_dispatcher_(node.operator_server, std::move(routers_.operators), api_,
                           {node.clock, random, node.registry, node.log, node.proxy_warnings}),
      operator_protocols_(node.operator_server, operator_dispatcher_.metrics(), node.clock),
      loop_(worker.loop) {
  const auto serve = [&](http::Listener& listener, const runtime::TlsServer* tls) {
    servers_.emplace_back(loop_, node.shop_server, std::move(listener), node.limits, dispatcher_,
                          protocols_, tls);
  };
  serve(node.listeners.shop[worker.index], nullptr);
  if (node.tls) serve(node.listeners.tls[worker.index], node.tls.get());
  if (node.http3) {
    http3_.emplace(loop_, node.http3->shared(), worker.index,
                   std::move(node.listeners.http3[worker.index]), dispatcher_, random);
  }
  if (worker.index != 0) return;  // one worker answers operators for the whole node
  const bool exposed = is_public(node.operator_server.address) && !node.settings.tls.plaintext;
  servers_.emplace_back(loop_, node.operator_server, std::move(node.listeners.operators.front()),
                        node.operator_limits, operator_dispatcher_, operator_protocols_,
                        exposed ? node.tls.get() : nullptr);
}

http::Routers Front::routers(const Settings& settings) {
  http::Routers routers;
  api_.add_routes(routers);
  operations_.add_routes(routers);
  dashboard_.add_routes(routers, settings.operators.dashboard_everywhere);
  const auto& files = settings.http.files;
  if (!files.folder.empty()) files_.add_to(routers.shop);
  site::add_reference(routers.shop, files.folder.empty() || files.at != "/");
  return routers;
}

void Front::start(runtime::Scope& scope) {
  for (auto& server : servers_) scope.spawn(server.run());
  if (http3_) scope.spawn(http3_->run());
}

Task<void> Front::stop() {
  dashboard_.close();
  runtime::Scope stopping(loop_);
  for (auto& server : servers_) stopping.spawn(server.stop());
  if (http3_) stopping.spawn(http3_->stop());
  co_await stopping.join();
  co_await rate_limits_.close();
}

}  // namespace souk::app
