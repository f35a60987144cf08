#include "app/shop/front.h"

namespace souk::app {

using runtime::Task;

namespace {

// Data from a standby may be older than that of the next request.
api::ApiConfig client_caching(const Settings& settings) {
  if (settings.serve.read_only) return {.shared_max_age = std::chrono::seconds(0)};
  return {settings.cache.shared_max_age,
          std::chrono::duration_cast<std::chrono::seconds>(settings.cache.max_stale)};
}

}  // namespace

Front::Front(Node& node, runtime::Worker& worker, Connections& connections, Services& services,
             Random& random)
    : api_(services.for_api(), node.database_clock, node.log, client_caching(node.settings)),
      operations_(worker.stopping, connections.pool(), node.database, connections.redis(), node.registry),
      routers_(routers()),
      dispatcher_(node.settings.http, std::move(routers_.shop), api_,
                  {node.clock, random, node.registry, node.log, node.proxy_warnings}),
      protocols_(node.settings.http, dispatcher_.metrics(), node.clock),
      server_(worker.loop, node.settings.http, std::move(node.listeners.shop[worker.index]),
              node.limits, dispatcher_, protocols_),
      operator_dispatcher_(node.operator_server, std::move(routers_.operators), api_,
                           {node.clock, random, node.registry, node.log, node.proxy_warnings}),
      operator_protocols_(node.operator_server, operator_dispatcher_.metrics(), node.clock) {
  if (worker.index != 0) return;
  operator_server_.emplace(worker.loop, node.operator_server,
                           std::move(node.listeners.operators.front()), node.operator_limits,
                           operator_dispatcher_, operator_protocols_);
}

http::Routers Front::routers() {
  http::Routers routers;
  api_.add_routes(routers);
  operations_.add_routes(routers);
  return routers;
}

void Front::start(runtime::Scope& scope) {
  scope.spawn(server_.run());
  if (operator_server_) scope.spawn(operator_server_->run());
}

Task<void> Front::stop() {
  co_await server_.stop();
  if (operator_server_) co_await operator_server_->stop();
}

}  // namespace souk::app
