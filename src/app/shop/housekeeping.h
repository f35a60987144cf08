// Clears away what nobody will ask for again: expired sessions, and Idempotency-Keys past their
// time. A periodic job; in bounded batches, so that nobody waits for it. Threading: the loop of the
// node's jobs. Ownership: borrows pool and clock, which outlive it.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "jobs/periodic.h"
#include "postgres/pool.h"

namespace souk::app {

class Housekeeping final : public jobs::PeriodicJob {
 public:
  static constexpr int kMaxBatches = 5'000;  // of each kind in one run

  Housekeeping(postgres::Pool& pool, const Clock& clock, std::chrono::milliseconds key_retention)
      : pool_(pool), clock_(clock), key_retention_(key_retention) {}

  runtime::Task<void> run(runtime::Context& context) override;

 private:
  postgres::Pool& pool_;
  const Clock& clock_;
  const std::chrono::milliseconds key_retention_;
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
