// Writes a batch of orders in one transaction, and gives each order a decision in every case.
//
// Threading: loop thread only. Ownership: borrows all it is made from, which outlives it. `pool`
// has no other users: transactions of orders never wait for a connection behind other requests.
#pragma once

#include <chrono>
#include <span>

#include "base/clock.h"
#include "checkout/after_commit.h"
#include "checkout/metrics.h"
#include "checkout/order_batch.h"
#include "checkout/pending_order.h"
#include "postgres/pool.h"
#include "runtime/loop.h"
#include "runtime/task.h"

namespace souk::checkout {

class OrderWriter {
 public:
  static constexpr int kMaxSweeps = 3;  // of expired reservations
  static constexpr std::chrono::seconds kLookUpBound{10};
  static constexpr std::chrono::milliseconds kLookUpPause{100};

  OrderWriter(runtime::Loop& loop, postgres::Pool& pool, AfterCommit after, const Clock& clock,
              UuidGenerator& ids, Metrics& metrics, OrderTerms terms)
      : loop_(loop),
        pool_(pool),
        after_(after),
        clock_(clock),
        ids_(ids),
        metrics_(metrics),
        terms_(terms),
        numbers_(pool) {}

  using Orders = std::span<PendingOrder* const>;

  // Every order has its decision when this returns; it does not throw. A decision that is an
  // exception is Unavailable (nothing was done), postgres::StatementError, or OutcomeUnknown when
  // the database stayed unreachable for kLookUpBound after a lost commit. REQUIRES: not empty, and
  // no two orders of one buyer with the same idempotency key.
  runtime::Task<void> write(Orders orders);

 private:
  runtime::Task<void> write_once(Orders orders);
  // False when expired reservations must be ended first: then nothing was done.
  runtime::Task<bool> try_to_write(runtime::Context& context, Orders orders, bool may_sweep,
                                   std::vector<ProductId>& in_the_way);
  void publish(const postgres::Rows& stocks, cache::Stamp stamp) noexcept;
  runtime::Task<void> write_halves(Orders orders);
  // Looks up which orders a transaction with a lost connection has committed.
  runtime::Task<void> look_up(Orders orders);
  runtime::Task<std::vector<OrderId>> committed(Orders orders);

  runtime::Loop& loop_;
  postgres::Pool& pool_;
  const AfterCommit after_;
  const Clock& clock_;
  UuidGenerator& ids_;  // of events
  Metrics& metrics_;
  const OrderTerms terms_;
  orders::NumberBlocks numbers_;
};

}  // namespace souk::checkout
