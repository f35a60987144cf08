// Tells the clock that a node follows what the database's clock shows, and the log and a metric
// where that leaps. Threading: one loop; one for each clock. Ownership: borrows all it is made
// with.
#pragma once

#include "base/followed_clock.h"
#include "postgres/pool.h"
#include "telemetry/log.h"

namespace souk::postgres {

class DatabaseClock {
 public:
  DatabaseClock(FollowedClock& clock, telemetry::Counter& leaps, telemetry::Log& log)
      : clock_(clock), leaps_(leaps), log_(log) {}

  // It showed `time` at some moment between `asked` and now.
  void observe(FollowedClock::Steady asked, Timestamp time);
  // Asks what it shows; a standby answers, too. Throws Unavailable.
  runtime::Task<void> read(Pool& pool, runtime::Context& context);

 private:
  FollowedClock& clock_;
  telemetry::Counter& leaps_;
  telemetry::Log& log_;
};

}  // namespace souk::postgres
