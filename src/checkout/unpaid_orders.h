// Orders that nobody pays end after a time, so that their units can be sold to others: cancelled as
// their buyer would, under the order's lock, so that paying and ending meet there and one of them
// wins. Money that is under way goes back. An order that an administrator has confirmed stands. One
// whose payment comes later (bank transfer, cash on delivery) has a lifetime of its own.
//
// Threading: one loop. Ownership: borrows all it is made from, which outlives it.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "checkout/locked_order.h"
#include "jobs/doorbell.h"
#include "orders/store.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "telemetry/metrics.h"

namespace souk::checkout {

class UnpaidOrders {
 public:
  static constexpr std::size_t kPage = 100;      // looked for at a time
  static constexpr std::size_t kMaxPages = 200;  // in one run; the next one goes on

  // A lifetime of 0: none of those ends.
  UnpaidOrders(postgres::Pool& pool, jobs::Doorbell& bell, telemetry::Registry& registry,
               const Clock& clock, UuidGenerator& ids, orders::store::UnpaidLifetimes lifetimes);

  // Ends those whose time is over both at `now` and by the database's clock, which may have leapt
  // ahead since; returns how many. Any number of nodes may do so at once. Where some cannot be
  // ended all the others are; then it throws.
  runtime::Task<std::size_t> end_due(runtime::Context& context, Timestamp now);

 private:
  runtime::Task<bool> end(runtime::Context& context, orders::store::UnpaidCursor due,
                          Timestamp now);

  postgres::Pool& pool_;
  jobs::Doorbell& bell_;
  telemetry::Counter& ended_;
  const Clock& clock_;
  UuidGenerator& ids_;
  const orders::store::UnpaidLifetimes lifetimes_;
};

}  // namespace souk::checkout
