#include "checkout/order_flow.h"

#include <fmt/format.h>

#include "checkout/error_codes.h"
#include "checkout/locked_order.h"
#include "orders/rules.h"

namespace souk::checkout {

using orders::Status;
using runtime::Context;
using runtime::Task;

Task<Result<orders::Order>> OrderFlow::confirm(Context& context, OrderId id, Actor actor) {
  return step(context, id, Status::kConfirmed, actor);
}

Task<Result<orders::Order>> OrderFlow::ship(Context& context, OrderId id, Actor actor) {
  return step(context, id, Status::kShipped, actor);
}

Task<Result<orders::Order>> OrderFlow::deliver(Context& context, OrderId id, Actor actor) {
  return step(context, id, Status::kDelivered, actor);
}

Task<Result<orders::Order>> OrderFlow::step(Context& context, OrderId id, Status to, Actor actor) {
  co_return co_await pool_.retry(context, [&] { return step_once(context, id, to, actor); });
}

Task<Result<orders::Order>> OrderFlow::step_once(Context& context, OrderId id, Status to,
                                                 Actor actor) {
  auto locked = co_await LockedOrder::lock(pool_, context, id, std::nullopt);
  if (!locked) co_return std::unexpected(locked.error());
  const auto payment = locked->active_payment();
  if (to == Status::kShipped && payment && payment->goal == payments::Goal::kReturned) {
    co_return fail(errors::kIllegalTransition, "the order is being refunded");
  }
  if (const auto taken = locked->step(to, actor, clock_.now(), ids_); !taken) {
    co_return std::unexpected(taken.error());
  }
  co_return co_await locked->commit(after_);
}

Task<Result<orders::Order>> OrderFlow::cancel(Context& context, OrderId id,
                                              std::optional<UserId> buyer, Actor actor) {
  std::optional<payments::Payment> payment;
  auto order = co_await pool_.retry(
      context, [&] { return cancel_once(context, id, buyer, actor, payment); });
  if (order && payment) co_await payments_.try_to_settle(context, *std::move(payment));
  co_return order;
}

Task<Result<orders::Order>> OrderFlow::cancel_once(Context& context, OrderId id,
                                                   std::optional<UserId> buyer, Actor actor,
                                                   std::optional<payments::Payment>& payment) {
  auto locked = co_await LockedOrder::lock(pool_, context, id, buyer);
  if (!locked) co_return std::unexpected(locked.error());
  if (!orders::rules::is_legal(locked->status(), Status::kCancelled)) {
    co_return fail(errors::kNotCancellable,
                   fmt::format("the order is {}", name_of(orders::kStatusNames, locked->status())));
  }
  payment = payments_.return_money(*locked, actor);
  locked->step(Status::kCancelled, actor, clock_.now(), ids_).value();
  co_return co_await locked->commit(after_);
}

}  // namespace souk::checkout
