// The connections of one worker: opens them, shares one among the points, leases the others,
// replaces lost ones, and closes those that were idle for long.
//
// Health: kUp: connections are opened on demand; kRecovering: after a failure one is tried at a
// time with growing pauses; kDown: after max_reconnect_attempts failures, the same with pauses of
// at most max_probe_delay, and callers that would wait for a first connection fail at once.
//
// Threading: loop thread only. Ownership: owns the connections, each in the frame of the task that
// serves it; close() before it is destroyed.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "postgres/connection.h"
#include "postgres/lease.h"
#include "postgres/metrics.h"
#include "postgres/pool_config.h"
#include "runtime/queue_delay.h"
#include "runtime/scope.h"
#include "runtime/wait_queue.h"

namespace souk::postgres {

struct PooledConnection {
  enum class Use : std::uint8_t { kConnecting, kIdle, kShared, kLeased, kGone };

  PooledConnection(runtime::Loop& loop, const PoolConfig& config)
      : connection(loop, config), returned(loop) {}

  Connection connection;
  Use use = Use::kConnecting;
  Connection::Time since{};  // idle or leased
  bool in_transaction = false;
  bool committing = false;  // without a waiting caller
  runtime::Event returned;  // by a lease that outlived the connection
};

class Connections {
 public:
  using Time = Connection::Time;
  using Duration = Time::duration;

  Connections(runtime::Loop& loop, const PoolConfig& config, telemetry::Registry& registry);
  ~Connections();

  // Opens the minimum. Throws Unavailable if none can be opened, and keeps trying.
  runtime::Task<void> start();
  runtime::Task<void> close();

  // The connection for points, or null if there is none now: then wait.
  Connection* shared(Time now);
  // Waits until shared() may return one. Throws Unavailable, Overloaded, Timeout (the bound).
  runtime::Task<void> wait_for_shared(Duration bound);
  // Leases a connection for exclusive use, in FIFO order. Throws as above.
  runtime::Task<Lease> acquire(Duration bound);

  // How long callers wait for a connection of their own.
  const runtime::QueueDelay& delay() const { return delay_; }

  bool usable() const { return alive() > 0; }
  std::size_t size() const { return all_.size(); }

 private:
  friend Lease;
  using Use = PooledConnection::Use;
  enum class Health : std::uint8_t { kUp, kRecovering, kDown };

  // Opening.
  void refill(std::size_t more_waiting = 0);
  runtime::Task<void> open_or_recover();
  runtime::Task<bool> open();
  runtime::Task<void> recover();
  Duration pause_after(int failures);
  runtime::Task<void> serve(std::unique_ptr<PooledConnection> owned);
  void lost(PooledConnection& connection);

  // Leasing.
  void make_available(PooledConnection& connection);
  void share(PooledConnection& connection);
  PooledConnection* take_idle();
  void give_back(PooledConnection& connection);
  runtime::Task<void> clean(PooledConnection& connection);
  void expect_hope() const;
  [[noreturn]] void give_up_waiting(Duration bound) const;
  bool wake_waiter();
  void wake_all();

  // Maintenance.
  runtime::Task<void> keep_house();
  void close_idle(Time now);
  void tend_shared(Time now);
  void retire(PooledConnection& connection, std::string_view reason);
  runtime::Task<void> drain(Time until);

  std::size_t count(Use use) const;
  std::size_t alive() const { return idle_.size() + shared_.size() + count(Use::kLeased); }
  void publish();

  runtime::Loop& loop_;
  const PoolConfig& config_;
  const std::size_t max_;
  const std::size_t min_;
  SystemRandom random_;

  Health health_ = Health::kUp;
  std::string failure_;  // why the last attempt failed
  bool recovering_ = false;
  bool closing_ = false;
  runtime::Event stopped_;

  std::vector<PooledConnection*> all_;
  std::vector<PooledConnection*> idle_;    // the longest idle first; leased from the back
  std::vector<PooledConnection*> shared_;  // more than one only while the first is stalled
  std::size_t replacements_due_ = 0;       // lost and not replaced yet
  std::size_t promised_ = 0;               // idle ones reserved for woken waiters
  runtime::WaitQueue waiting_;
  runtime::WaitQueue waiting_for_shared_;
  runtime::WaitQueue changed_;  // start() and close() wait for progress
  boost::asio::steady_timer house_timer_;
  runtime::Scope scope_;
  ConnectionMetrics metrics_;
  runtime::QueueDelay delay_{kDelayInterval};
};

}  // namespace souk::postgres
