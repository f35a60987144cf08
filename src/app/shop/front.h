// A worker's HTTP servers: the API on the shop's address and, for the first worker, the operator's.
//
// Threading: the worker's loop. Ownership: borrows node, worker, connections and services, which
// outlive it.
#pragma once

#include <optional>

#include "api/api.h"
#include "app/shop/operations.h"
#include "app/shop/services.h"
#include "http/dispatcher.h"
#include "http/server/server.h"
#include "runtime/scope.h"

namespace souk::app {

class Front {
 public:
  Front(Node& node, runtime::Worker& worker, Connections& connections, Services& services,
        Random& random);

  // Serves in `scope` until stop(); 503 while the database is unreachable.
  void start(runtime::Scope& scope);
  // Drains both servers.
  runtime::Task<void> stop();

 private:
  http::Routers routers();

  api::Api api_;
  Operations operations_;
  http::Routers routers_;
  http::Dispatcher dispatcher_;
  http::Protocols protocols_;
  http::Server server_;
  http::Dispatcher operator_dispatcher_;
  http::Protocols operator_protocols_;
  std::optional<http::Server> operator_server_;  // one worker's: it answers for the whole node
};

}  // namespace souk::app
