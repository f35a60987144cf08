// What becomes of an order after it was placed, but for its payment: confirmed, shipped, delivered,
// cancelled. Each step is one transaction that holds the order's lock: checked, written down with
// who took it, told to others.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows all it is made from, which outlive it.
#pragma once

#include "checkout/payment_flow.h"

namespace souk::checkout {

class OrderFlow {
 public:
  OrderFlow(postgres::Pool& pool, AfterCommit after, PaymentFlow& payments, const Clock& clock,
            UuidGenerator& ids)
      : pool_(pool), after_(after), payments_(payments), clock_(clock), ids_(ids) {}

  // All throw any Failure.

  // Errors: not_found, illegal_transition.
  runtime::Task<Result<orders::Order>> confirm(runtime::Context& context, OrderId id, Actor actor);
  // Not while the money goes back. Errors: not_found, illegal_transition.
  runtime::Task<Result<orders::Order>> ship(runtime::Context& context, OrderId id, Actor actor);
  // Errors: not_found, illegal_transition.
  runtime::Task<Result<orders::Order>> deliver(runtime::Context& context, OrderId id, Actor actor);

  // Returns the stock once and only once, and sends back what was paid meanwhile: at once where the
  // provider answers, else as soon as it does. With `buyer`, only an order of theirs.
  // Errors: not_found, not_cancellable.
  runtime::Task<Result<orders::Order>> cancel(runtime::Context& context, OrderId id,
                                              std::optional<UserId> buyer, Actor actor);

 private:
  runtime::Task<Result<orders::Order>> step(runtime::Context& context, OrderId id,
                                            orders::Status to, Actor actor);
  runtime::Task<Result<orders::Order>> step_once(runtime::Context& context, OrderId id,
                                                 orders::Status to, Actor actor);
  // `payment`: whose money goes back.
  runtime::Task<Result<orders::Order>> cancel_once(runtime::Context& context, OrderId id,
                                                   std::optional<UserId> buyer, Actor actor,
                                                   std::optional<payments::Payment>& payment);

  postgres::Pool& pool_;
  AfterCommit after_;
  PaymentFlow& payments_;
  const Clock& clock_;
  UuidGenerator& ids_;
};

}  // namespace souk::checkout
