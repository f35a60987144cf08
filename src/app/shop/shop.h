// The composition root: builds everything between the settings and the sockets. One worker per
// core, each with its own pool, services and HTTP server, and one thread that writes the orders of
// all; they share the registry, the log, the hashing threads and the connection limits.
//
// Threading: made, stopped and joined by the main thread. Ownership: borrows the settings, the log
// and the registry, which outlive it.
#pragma once

#include <atomic>
#include <memory>

#include "app/shop/node.h"
#include "base/error.h"
#include "runtime/workers.h"

namespace souk::app {

class Shop {
 public:
  // Binds the ports, which may need root; clients cannot connect yet. Errors: unavailable, with a
  // remedy, when one is not available.
  static Result<Listeners> bind(const Settings& settings);
  // Listens and starts the workers; requests are answered from then on, with 503 while the database
  // is unreachable. Errors: unavailable, with a remedy, when the port is not available or a
  // certificate is not valid.
  static Result<std::unique_ptr<Shop>> open(const Settings& settings, Listeners listeners,
                                            const Clock& clock, telemetry::Registry& registry,
                                            telemetry::Log& log);
  // The most connections to the database that a node opens.
  static std::size_t database_connections(const Settings& settings);

  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;
  ~Shop();  // stops and joins

  std::uint16_t port() const { return port_; }
  std::uint16_t tls_port() const { return tls_port_; }  // 0: without TLS
  runtime::TlsServer* tls() const { return node_->tls.get(); }
  Http3* http3() const { return node_->http3.get(); }  // null: without
  std::uint16_t operator_port() const { return node_->operator_server.port; }
  std::size_t workers() const { return node_->workers; }
  // True once a worker has ended by an exception; close() then rethrows it.
  bool failed() const { return failed_; }

  // Drains: connections are closed, requests in flight finish within http.drain_timeout.
  void close();

 private:
  explicit Shop(std::unique_ptr<Node> node);

  using Main = runtime::Task<void> (Shop::*)(runtime::Worker&);
  runtime::Task<void> run(Main main, std::string_view thread, runtime::Worker& worker);
  runtime::Task<void> serve(runtime::Worker& worker);
  runtime::Task<void> write_orders(runtime::Worker& worker);

  const std::unique_ptr<Node> node_;
  const std::uint16_t port_;
  const std::uint16_t tls_port_;
  std::atomic<bool> failed_ = false;
  runtime::Workers orders_;
  runtime::Workers workers_;  // last: run with all of the above
};

}  // namespace souk::app
