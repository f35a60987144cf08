// An HTTP server on one event loop: accepts, reads, dispatches, writes, times out and drains, for
// every protocol version. Each worker runs one; they share only a port and the connection limits.
//
//   auto listeners = open_listeners(config, workers);   // main thread
//   ConnectionLimits limits(config);                    // shared by all
//   Protocols protocols(config, dispatcher.metrics(), clock);                     // each worker
//   Server server(worker.loop, config, std::move(listener), limits, dispatcher, protocols);
//   worker_scope.spawn(server.run());  co_await worker.stopping.wait();
//   co_await server.stop();
//
// Threading: loop thread only. Ownership: borrows its arguments, which outlive it. Destroy it after
// run() has ended (asserted).
#pragma once

#include <memory>

#include "http/dispatcher.h"
#include "http/server/connection_limits.h"
#include "http/server/listener.h"
#include "http/server/protocols.h"
#include "http/server_config.h"
#include "runtime/loop.h"
#include "runtime/tls/server.h"

namespace souk::http {

class Server {
 public:
  // With `tls`, every connection begins with a handshake.
  Server(runtime::Loop& loop, const ServerConfig& config, Listener listener,
         ConnectionLimits& limits, Dispatcher& dispatcher, Protocols& protocols,
         const runtime::TlsServer* tls = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until stop(); ends after the last connection.
  runtime::Task<void> run();

  // Drains. Unless no client is connected to this node, everything is served for
  // config.drain_notice, new connections too, and the responses tell clients to close (`Connection:
  // close`, GOAWAY): closing an idle connection at once would lose the request that its client is
  // just sending. Then accepts no more connections, closes idle ones, and after
  // config.drain_timeout the rest. Ends after the last connection; the handler of a closed
  // connection still runs to its end.
  runtime::Task<void> stop();

  std::uint16_t port() const;
  std::size_t connections() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace souk::http
