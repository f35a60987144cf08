// Deletes expired data: sessions, requests of accounts, Idempotency-Keys, old rows of the audit
// log, ended reservations, providers' events and webhooks' deliveries; nothing while the database's
// clock is not trusted. A periodic job, in bounded batches, so that it blocks nobody. Threading:
// the loop of the node's jobs. Ownership: borrows pool, clock and registry, which outlive it.
#pragma once

#include <chrono>

#include "app/metrics.h"
#include "base/followed_clock.h"
#include "checkout/unpaid_orders.h"
#include "jobs/periodic.h"
#include "postgres/pool.h"
#include "telemetry/metrics.h"

namespace souk::app {

class Housekeeping final : public jobs::PeriodicJob {
 public:
  static constexpr int kMaxBatches = 5'000;  // per kind and run

  struct Times {
    std::chrono::milliseconds keys;
    std::chrono::milliseconds history;     // ended reservations, providers' events
    std::chrono::milliseconds audit;       // rows of the audit log
    std::chrono::milliseconds deliveries;  // to webhooks
  };

  Housekeeping(postgres::Pool& pool, const FollowedClock& clock, Times times,
               telemetry::Registry& registry)
      : pool_(pool),
        clock_(clock),
        times_(times),
        paused_(registry.cell(kMetrics.housekeeping_paused)) {}

  runtime::Task<void> run(runtime::Context& context) override;

 private:
  postgres::Pool& pool_;
  const FollowedClock& clock_;
  const Times times_;
  telemetry::Counter& paused_;
};

// Ends expired reservations, by the database's clock, trusted or not: docs/clocks.md.
class ReservationExpiry final : public jobs::PeriodicJob {
 public:
  explicit ReservationExpiry(postgres::Pool& pool) : pool_(pool) {}

  runtime::Task<void> run(runtime::Context& context) override;

 private:
  postgres::Pool& pool_;
};

// Cancels orders that were not paid in time; none while the database's clock is not trusted.
class UnpaidOrderExpiry final : public jobs::PeriodicJob {
 public:
  UnpaidOrderExpiry(checkout::UnpaidOrders& orders, const FollowedClock& clock,
                    telemetry::Registry& registry)
      : orders_(orders), clock_(clock), paused_(registry.cell(kMetrics.housekeeping_paused)) {}

  runtime::Task<void> run(runtime::Context& context) override;

 private:
  checkout::UnpaidOrders& orders_;
  const FollowedClock& clock_;
  telemetry::Counter& paused_;
};

}  // namespace souk::app
