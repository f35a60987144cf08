// Checks the database's state every second, for /readyz: the schema may change, or a standby be
// promoted. Reports the first state, and each change of state or reason, to the log and a metric.
//
// Threading: run() on the loop of one worker; state() for any thread. Ownership: borrows all it is
// made with, which outlives it; run() ends, after the event is set, before it is destroyed.
#pragma once

#include <atomic>

#include "postgres/database_clock.h"
#include "postgres/database_state.h"
#include "runtime/wait_queue.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::app {

class DatabaseWatch {
 public:
  static constexpr std::chrono::seconds kInterval{1};
  static constexpr std::chrono::seconds kLookTimeout{5};

  // A read-only node accepts a standby; it follows no change log, so it follows the database's
  // clock here.
  DatabaseWatch(bool read_only, FollowedClock& clock, telemetry::Registry& registry,
                telemetry::Log& log);

  // Sets `found_usable` when the database is usable.
  runtime::Task<void> run(postgres::Pool& pool, runtime::Event& stopping,
                          runtime::Event& found_usable);

  postgres::DatabaseState state() const { return state_.load(std::memory_order_acquire); }
  bool usable() const;

 private:
  runtime::Task<postgres::DatabaseState> look(postgres::Pool& pool, std::string& reason);

  const bool read_only_;
  telemetry::Log& log_;
  postgres::DatabaseClock clock_;
  telemetry::Gauge& usable_;
  std::atomic<postgres::DatabaseState> state_{postgres::DatabaseState::kDown};
};

}  // namespace souk::app
