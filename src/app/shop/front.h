// A worker's HTTP servers: the API on the shop's address, in plain text and by TLS, and, for the
// first worker, the operator's.
//
// Threading: the worker's loop. Ownership: borrows node, worker, connections and services, which
// outlive it.
#pragma once

#include <deque>
#include <optional>

#include "admission/gatekeeper.h"
#include "api/api.h"
#include "app/shop/operations.h"
#include "app/shop/services.h"
#include "app/shop/visit_watch.h"
#include "http/dispatcher.h"
#include "http/files/files.h"
#include "http/h3/endpoint.h"
#include "http/server/server.h"
#include "runtime/scope.h"
#include "site/dashboard.h"

namespace souk::app {

class Front {
 public:
  Front(Node& node, runtime::Worker& worker, Connections& connections, Services& services,
        Random& random);

  // Serves in `scope` until stop(); 503 while the database is unreachable.
  void start(runtime::Scope& scope);
  // Drains all servers at once.
  runtime::Task<void> stop();

 private:
  http::Routers routers(const Settings& settings);

  api::Api api_;
  Operations operations_;
  site::Dashboard dashboard_;
  http::Files files_;
  http::Routers routers_;
  admission::Controller controller_;
  admission::RateLimits rate_limits_;
  admission::Gatekeeper gatekeeper_;
  VisitWatch visit_watch_;
  http::Dispatcher dispatcher_;
  http::Protocols protocols_;
  http::Dispatcher operator_dispatcher_;
  http::Protocols operator_protocols_;
  runtime::Loop& loop_;
  std::deque<http::Server> servers_;
  std::optional<http::h3::Endpoint> http3_;
};

}  // namespace souk::app
