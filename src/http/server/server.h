// An HTTP server on one event loop: accepts, reads, dispatches, writes, times out and drains,
// whatever the protocol version. Each worker runs one; they share a port and the connection limits,
// nothing else.
//
//   auto listeners = open_listeners(config, workers);   // main thread
//   ConnectionLimits limits(config);                    // shared by all
//   h1::Protocol protocol(config, dispatcher.metrics(), clock);                   // each worker
//   Server server(worker.loop, config, std::move(listener), limits, dispatcher, protocol);
//   worker_scope.spawn(server.run());  co_await worker.stopping.wait();
//   co_await server.stop();
//
// Threading: loop thread only. Ownership: borrows what it is made with; all outlive the server. It
// is destroyed after run() has ended, asserted.
#pragma once

#include <memory>

#include "http/dispatcher.h"
#include "http/server/connection_limits.h"
#include "http/server/listener.h"
#include "http/server_config.h"
#include "http/session.h"
#include "runtime/loop.h"

namespace souk::http {

class Server {
 public:
  Server(runtime::Loop& loop, const ServerConfig& config, Listener listener,
         ConnectionLimits& limits, Dispatcher& dispatcher, Protocol& protocol);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until stop(), and ends when the last connection has.
  runtime::Task<void> run();

  // Drains: takes no more connections, closes the idle ones, lets requests in flight finish with
  // `Connection: close`, and cuts what is left after config.drain_timeout. Ends when every
  // connection is gone; a handler that is cut off from its client still runs to its own end.
  runtime::Task<void> stop();

  std::uint16_t port() const;
  std::size_t connections() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace souk::http
