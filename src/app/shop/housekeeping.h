// Clears away what nobody will ask for again: expired sessions, and Idempotency-Keys, reservations
// and providers' events past their time. A periodic job; in bounded batches, so that nobody waits
// for it. Threading: the loop of the node's jobs. Ownership: borrows pool and clock, which outlive
// it.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "jobs/periodic.h"
#include "postgres/pool.h"

namespace souk::app {

class Housekeeping final : public jobs::PeriodicJob {
 public:
  static constexpr int kMaxBatches = 5'000;  // of each kind in one run

  struct Times {
    std::chrono::milliseconds keys;
    std::chrono::milliseconds history;  // reservations that are over, events of providers
  };

  Housekeeping(postgres::Pool& pool, const Clock& clock, Times times)
      : pool_(pool), clock_(clock), times_(times) {}

  runtime::Task<void> run(runtime::Context& context) override;

 private:
  postgres::Pool& pool_;
  const Clock& clock_;
  const Times times_;
};

// Ends the reservations whose time is over.
class ReservationExpiry final : public jobs::PeriodicJob {
 public:
  explicit ReservationExpiry(postgres::Pool& pool) : pool_(pool) {}

  runtime::Task<void> run(runtime::Context& context) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace souk::app
