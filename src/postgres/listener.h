// Waits for NOTIFY on one channel, over its own connection. A notification is only a hint: none
// arrives while the connection is down, and missed ones are not repeated.
//
// Threading: loop thread only. Ownership: borrows loop and registry; run() ends, after stop(),
// before it is destroyed.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <string>

#include "base/backoff.h"
#include "base/random.h"
#include "postgres/connect.h"
#include "runtime/loop.h"
#include "runtime/wait_queue.h"
#include "telemetry/metrics.h"

namespace souk::postgres {

class Listener {
 public:
  // `channel` is an identifier. A host name is looked up on the loop, as the pool does.
  Listener(runtime::Loop& loop, PoolConfig config, std::string channel,
           telemetry::Registry& registry);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Listens, and reconnects after a loss, until stop().
  runtime::Task<void> run();
  void stop();

  // Set by every notification, and when listening has started again; the waiter must reset it.
  runtime::Event& notified() { return notified_; }
  // How often listening has started or ended: a changed number means that the connection was lost
  // meanwhile, perhaps because the server crashed.
  std::uint64_t changes() const { return changes_; }

 private:
  using Descriptor =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  runtime::Task<bool> connect();
  runtime::Task<void> listen();
  bool send_query(const std::string& sql);
  runtime::Task<void> wait_for_socket(bool readable);

  // Ends a wait that exceeds its time.
  class Patience;

  runtime::Loop& loop_;
  const PoolConfig config_;
  const std::string channel_;
  telemetry::Counter& failures_;
  Session session_;
  Descriptor descriptor_;
  runtime::Event notified_;
  runtime::Event stopped_;
  std::uint64_t changes_ = 0;
  bool too_late_ = false;
  SystemRandom random_;
  Backoff backoff_;  // before the next attempt to connect; reset once it has listened
};

}  // namespace souk::postgres
