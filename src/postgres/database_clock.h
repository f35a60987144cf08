// Feeds the database's time to the clock that a node follows, and reports jumps to the log and a
// metric. Threading: one loop; one for each clock. Ownership: borrows its arguments.
#pragma once

#include "base/followed_clock.h"
#include "postgres/pool.h"
#include "telemetry/log.h"

namespace souk::postgres {

class DatabaseClock {
 public:
  DatabaseClock(FollowedClock& clock, telemetry::Counter& leaps, telemetry::Log& log)
      : clock_(clock), leaps_(leaps), log_(log) {}

  // The database showed `time` at some moment between `asked` and now.
  void observe(FollowedClock::Steady asked, Timestamp time);
  // Queries its time; a standby works too. Throws Unavailable.
  runtime::Task<void> read(Pool& pool, runtime::Context& context);

 private:
  FollowedClock& clock_;
  telemetry::Counter& leaps_;
  telemetry::Log& log_;
};

}  // namespace souk::postgres
