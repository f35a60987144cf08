// Steps of a placed order, except payments: confirm, ship, deliver, cancel. Each step is one
// transaction that holds the order's lock: checked, recorded with its actor, published as an event.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows all it is made from, which outlive it.
#pragma once

#include "checkout/payment_flow.h"
#include "checkout/types.h"

namespace souk::checkout {

class OrderFlow {
 public:
  OrderFlow(postgres::Pool& pool, AfterCommit after, PaymentFlow& payments, const Clock& clock,
            UuidGenerator& ids)
      : pool_(pool), after_(after), payments_(payments), clock_(clock), ids_(ids) {}

  // All throw any Failure.

  // Errors: not_found, illegal_transition.
  runtime::Task<Result<orders::Order>> confirm(runtime::Context& context, OrderId id, Actor actor);
  // Ships all that is not shipped yet. Not while money is being returned. Errors: not_found,
  // illegal_transition.
  runtime::Task<Result<orders::Order>> ship(runtime::Context& context, OrderId id, Actor actor);
  // Ships units: the order is then shipped if nothing is left, else partially shipped. Errors:
  // those above, validation_failed, limit_reached, idempotency_key_reused.
  runtime::Task<Result<Shipped>> ship(runtime::Context& context, Ship wanted);
  // Errors: not_found, illegal_transition.
  runtime::Task<Result<orders::Order>> deliver(runtime::Context& context, OrderId id, Actor actor);

  // Returns the stock exactly once, and money that was paid meanwhile: at once if the provider
  // answers, else by resume(). With `buyer`, only for an order of that buyer. Errors: not_found,
  // not_cancellable.
  runtime::Task<Result<orders::Order>> cancel(runtime::Context& context, OrderId id,
                                              std::optional<UserId> buyer, Actor actor);

 private:
  runtime::Task<Result<orders::Order>> step(runtime::Context& context, OrderId id,
                                            orders::Status to, Actor actor);
  runtime::Task<Result<Shipped>> ship_once(runtime::Context& context, const Ship& wanted);
  runtime::Task<Result<orders::Order>> step_once(runtime::Context& context, OrderId id,
                                                 orders::Status to, Actor actor);
  // `payment`: set to the one whose money is returned.
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
