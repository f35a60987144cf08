// One worker's part of an HTTP/3 server: its UDP sockets, and the connections by their ids. Unknown
// packets are a new connection, another worker's, or are answered without state: version
// negotiation, Retry under load, stateless reset.
//
//   SharedEndpoint shared{...};                                  // one for all workers
//   Endpoint endpoint(worker.loop, shared, worker.index, std::move(sockets), dispatcher, random);
//   worker_scope.spawn(endpoint.run());
//   co_await worker.stopping.wait();  co_await endpoint.stop();
//
// Threading: loop thread only. Ownership: borrows its arguments, which outlive it. Destroy it after
// run() has ended.
#pragma once

#include <memory>

#include "base/random.h"
#include "http/dispatcher.h"
#include "http/h3/config.h"
#include "http/h3/credentials.h"
#include "http/h3/handover.h"
#include "http/server/connection_limits.h"
#include "http/server/listener.h"

namespace souk::http::h3 {

// What the endpoints of all workers share.
struct SharedEndpoint {
  const ServerConfig& server;
  const Config& config;
  ConnectionLimits& limits;
  const CredentialStore& credentials;
  const Secrets::Key reset_key;
  Handover handover;
};

class Endpoint {
 public:
  // `sockets`: by bind_datagrams().
  Endpoint(runtime::Loop& loop, SharedEndpoint& shared, std::size_t worker, Listener sockets,
           Dispatcher& dispatcher, Random& random);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // Serves until stop(); ends after the last connection.
  runtime::Task<void> run();
  // Drains: GOAWAY to every client; no new connections after config.drain_notice; cuts those that
  // are left after config.drain_timeout.
  runtime::Task<void> stop();

  // A datagram as from the socket of that number; for tests.
  void receive(std::size_t socket, const Datagram& datagram);
  std::size_t connections() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace souk::http::h3
