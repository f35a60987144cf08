// Places orders, many in one transaction. Later steps: order_flow.h, payment_flow.h.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows all it is made from, which outlives it.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "checkout/metrics.h"
#include "checkout/order_queue.h"
#include "checkout/order_writer.h"
#include "checkout/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::checkout {

class Checkout {
 public:
  // The queue is the node's.
  Checkout(runtime::Loop& loop, postgres::Pool& pool, OrderQueue& queue,
           telemetry::Registry& registry, UuidGenerator& ids);

  // Takes the stock and writes the order, or does neither. Lines of one product are joined. Placed
  // means durable. Errors: validation_failed, unknown_product, unknown_address,
  // address_required, idempotency_key_reused, reservation_not_held, overloaded, not_found if the
  // reservation is not the buyer's, and limit_reached or too_many_requests if the buyer or the
  // network has too much open. Throws Unavailable: nothing was done. When a lost connection leaves
  // the outcome unknown, it is looked up first; OutcomeUnknown only if the database stays
  // unreachable.
  runtime::Task<PlaceOutcome> place(runtime::Context& context, PlaceOrder request);

 private:
  // A key was claimed, and free again at the look-up: place the order again.
  static constexpr int kMaxKeyTries = 3;
  static constexpr std::chrono::seconds kReadBackBound{5};

  runtime::Task<Result<>> take_reservation(runtime::Context& context, PendingOrder& order);
  runtime::Task<PlaceOutcome> outcome_of(PendingOrder& order);
  runtime::Task<PlaceOutcome> read_back(OrderId id);
  runtime::Task<std::optional<PlaceOutcome>> replay(runtime::Context& context,
                                                    const PendingOrder& order);
  void count(const PlaceOutcome& outcome);
  void count(ErrorCode refusal);

  runtime::Loop& loop_;
  postgres::Pool& pool_;
  OrderQueue& queue_;
  UuidGenerator& ids_;
  Metrics metrics_;
};

}  // namespace souk::checkout
