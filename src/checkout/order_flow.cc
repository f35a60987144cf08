#include "checkout/order_flow.h"

#include <fmt/format.h>

#include <algorithm>

#include "checkout/error_codes.h"
#include "checkout/locked_order.h"
#include "checkout/rules.h"
#include "orders/rules.h"
#include "orders/store.h"

namespace souk::checkout {

using orders::Status;
using runtime::Context;
using runtime::Task;

Task<Result<orders::Order>> OrderFlow::confirm(Context& context, OrderId id, Actor actor) {
  return step(context, id, Status::kConfirmed, actor);
}

Task<Result<orders::Order>> OrderFlow::ship(Context& context, OrderId id, Actor actor) {
  auto shipped = co_await ship(context, {.order = id, .actor = actor});
  if (!shipped) co_return std::unexpected(shipped.error());
  co_return std::move(shipped->order);
}

Task<Result<Shipped>> OrderFlow::ship(Context& context, Ship wanted) {
  if (const auto valid = rules::check(wanted); !valid) co_return std::unexpected(valid.error());
  co_return co_await pool_.retry(context, [&] { return ship_once(context, wanted); });
}

Task<Result<Shipped>> OrderFlow::ship_once(Context& context, const Ship& wanted) {
  auto locked = co_await LockedOrder::lock(pool_, context, wanted.order, std::nullopt);
  if (!locked) co_return std::unexpected(locked.error());
  const auto rows =
      co_await locked->transaction().pipeline(orders::store::shipments_call(wanted.order));
  auto earlier = orders::store::read_shipments(rows[0]);
  const auto hash = hash_of_request(rules::canonical(wanted));
  if (const auto same =
          std::ranges::find(earlier, wanted.idempotency_key, &orders::Shipment::idempotency_key);
      wanted.idempotency_key && same != earlier.end()) {
    if (same->request_hash != hash) co_return std::unexpected(rules::key_reused("shipment"));
    auto order = locked->order();
    co_await locked->transaction().commit();  // waits until the standby has it
    co_return Shipped{.order = std::move(order), .shipment = std::move(*same), .replayed = true};
  }
  const auto payment = locked->active_payment();
  if (payment && payment->goal == payments::Goal::kReturned) {
    co_return fail(errors::kIllegalTransition, "the order is being refunded");
  }
  if (const auto legal = locked->check_step(Status::kShipped); !legal) {
    co_return std::unexpected(legal.error());
  }
  auto units = rules::shipment_units(wanted, locked->order(), earlier.size());
  if (!units) co_return std::unexpected(units.error());
  if (units->empty()) {
    co_return fail(errors::kIllegalTransition, "the units that were not shipped are refunded");
  }
  orders::Shipment shipment{.id = orders::ShipmentId{ids_.next()},
                            .shipped_at = clock_.now(),
                            .carrier = wanted.carrier,
                            .tracking_number = wanted.tracking_number,
                            .tracking_url = wanted.tracking_url,
                            .actor = wanted.actor,
                            .idempotency_key = wanted.idempotency_key,
                            .request_hash = hash,
                            .items = *std::move(units)};
  locked->ship(shipment, ids_);
  auto order = co_await locked->commit(after_);
  co_return Shipped{.order = std::move(order), .shipment = std::move(shipment)};
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
