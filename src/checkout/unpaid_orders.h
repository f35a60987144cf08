// Cancels orders that are not paid in time, so that their units can be sold again; under the
// order's lock, so that payment and cancellation exclude each other. Money in transit is returned.
// Orders confirmed by an administrator are kept. Orders paid later (bank transfer, cash on
// delivery) have a lifetime of their own.
//
// Threading: one loop. Ownership: borrows all it is made from, which outlives it.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "checkout/locked_order.h"
#include "jobs/notifier.h"
#include "orders/store.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "telemetry/metrics.h"

namespace souk::checkout {

class UnpaidOrders {
 public:
  static constexpr std::size_t kPage = 100;      // orders per look
  static constexpr std::size_t kMaxPages = 200;  // in one run; the next run continues

  // A lifetime of 0: such orders are kept.
  UnpaidOrders(postgres::Pool& pool, jobs::Notifier& notifier, telemetry::Registry& registry,
               const Clock& clock, UuidGenerator& ids, orders::store::UnpaidLifetimes lifetimes);

  // Cancels orders whose lifetime is over both at `now` and by the database's clock, which may have
  // jumped ahead since; returns how many. Several nodes may do so at once. If some cannot be
  // cancelled, all others are; then it throws.
  runtime::Task<std::size_t> end_due(runtime::Context& context, Timestamp now);

 private:
  runtime::Task<bool> end(runtime::Context& context, orders::store::UnpaidCursor due,
                          Timestamp now);

  postgres::Pool& pool_;
  jobs::Notifier& notifier_;
  telemetry::Counter& ended_;
  const Clock& clock_;
  UuidGenerator& ids_;
  const orders::store::UnpaidLifetimes lifetimes_;
};

}  // namespace souk::checkout
