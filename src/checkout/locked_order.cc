#include "checkout/locked_order.h"

#include <fmt/format.h>

#include <algorithm>

#include "checkout/error_codes.h"
#include "inventory/store.h"
#include "jobs/store.h"
#include "orders/rules.h"
#include "orders/store.h"
#include "payments/refund_store.h"
#include "payments/rules.h"
#include "payments/store.h"

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

Task<Result<LockedOrder>> LockedOrder::lock(postgres::Pool& pool, Context& context, OrderId id,
                                            std::optional<UserId> buyer) {
  auto transaction = co_await pool.begin(context);
  const auto rows = co_await transaction.pipeline(
      orders::store::lock(id), orders::store::find_call(id), payments::store::of_order(id));
  auto order = orders::store::read_order(rows[1]);
  if (!order || (buyer && order->user_id != *buyer)) {
    co_return fail(ErrorCode::kNotFound, "there is no such order");
  }
  co_return LockedOrder(std::move(transaction), *std::move(order),
                        payments::store::read_payments(rows[2]));
}

LockedOrder::LockedOrder(postgres::Transaction transaction, orders::Order order,
                         std::vector<payments::Payment> payments)
    : transaction_(std::move(transaction)),
      order_(std::move(order)),
      payments_(std::move(payments)) {}

std::optional<payments::Payment> LockedOrder::active_payment() const {
  std::optional<payments::Payment> active;
  for (const auto& payment : payments_) {
    if (!payments::rules::is_active(payment.status)) continue;
    if (payment.goal == payments::Goal::kCaptured) return payment;
    if (!active) active = payment;
  }
  return active;
}

std::optional<payments::Payment> LockedOrder::find_payment(PaymentId id) const {
  const auto found = std::ranges::find(payments_, id, &payments::Payment::id);
  if (found == payments_.end()) return std::nullopt;
  return *found;
}

Result<> LockedOrder::check_step(orders::Status to) const {
  if (orders::rules::is_legal(order_.status, to)) return {};
  return fail(errors::kIllegalTransition, fmt::format("an order that is {} cannot become {}",
                                                      name_of(orders::kStatusNames, order_.status),
                                                      name_of(orders::kStatusNames, to)));
}

Result<> LockedOrder::step(orders::Status to, const Actor& actor, Timestamp now, UuidGenerator& ids,
                           std::string note) {
  if (auto legal = check_step(to); !legal) return legal;
  if (orders::rules::returns_stock(order_.status, to)) {
    std::vector<inventory::Movement> movements;
    for (const auto& item : order_.items) {
      const auto units = item.unshipped();
      if (units == 0) continue;
      movements.push_back(movement(item.product_id, 0, -units, inventory::Reason::kReleased));
    }
    move_stock(movements);
  }
  take_step(to, actor, now, std::move(note));
  orders::EventDetails details;
  if (to == orders::Status::kRefunded) {
    details.returned = Money{order_.total.amount - order_.refunded.amount, order_.total.currency};
    order_.refunded = order_.total;
  }
  tell(orders::event_kind(to), ids, details);
  return {};
}

void LockedOrder::ship(const orders::Shipment& shipment, UuidGenerator& ids) {
  std::vector<inventory::Movement> movements;
  for (const auto& [product, units] : shipment.items) {
    std::ranges::find(order_.items, product, &orders::OrderItem::product_id)->shipped += units;
    movements.push_back(movement(product, -units, -units, inventory::Reason::kShipped));
  }
  add(orders::store::ship(order_.id, shipment));
  move_stock(movements);
  const auto to = is_all_shipped() ? orders::Status::kShipped : orders::Status::kPartiallyShipped;
  if (order_.status != to) take_step(to, shipment.actor, shipment.shipped_at, {});
  tell(orders::event_kind(to), ids, {.shipment = shipment});
}

void LockedOrder::refund(const payments::Refund& refund, Timestamp due, UuidGenerator& ids) {
  std::vector<orders::store::RefundedUnits> units;
  std::vector<inventory::Movement> movements;
  for (const auto& [product, quantity, restocked] : refund.items) {
    auto& line = *std::ranges::find(order_.items, product, &orders::OrderItem::product_id);
    const auto released = restocked ? std::min(quantity, line.unshipped()) : 0;
    units.push_back({product, quantity, released});
    line.refunded += quantity;
    line.released += released;
    if (released > 0) {
      movements.push_back(movement(product, 0, -released, inventory::Reason::kReleased));
    }
    if (restocked && quantity > released) {
      movements.push_back(movement(product, quantity - released, 0, inventory::Reason::kReturned));
    }
  }
  add(payments::refund_store::insert(refund, due));
  if (!units.empty()) add(orders::store::refund_units(order_.id, units));
  move_stock(movements);
  if (order_.status == orders::Status::kPartiallyShipped && is_all_shipped()) {
    take_step(orders::Status::kShipped, refund.actor, refund.created_at, "the rest is refunded");
    tell(orders::event_kind(order_.status), ids);
  }
}

void LockedOrder::return_part(const Money& amount, UuidGenerator& ids) {
  order_.refunded.amount += amount.amount;
  add(orders::store::refund(order_.id, amount));
  tell(orders::kPartiallyRefunded, ids, {.returned = amount});
}

bool LockedOrder::is_all_shipped() const {
  return std::ranges::all_of(order_.items,
                             [](const orders::OrderItem& item) { return item.unshipped() == 0; });
}

void LockedOrder::take_step(orders::Status to, const Actor& actor, Timestamp now,
                            std::string note) {
  add(orders::store::transition(
      order_.id,
      {.from = order_.status, .to = to, .at = now, .actor = actor, .note = std::move(note)}));
  order_.status = to;
}

void LockedOrder::tell(std::string_view kind, UuidGenerator& ids,
                       const orders::EventDetails& details) {
  if (kind.empty()) return;
  const jobs::NewJob job{.kind = std::string(kind),
                         .aggregate = order_.id.value,
                         .payload = orders::event_payload(order_, details),
                         .trace = runtime::traceparent_of(transaction_.context())};
  add(jobs::store::append({&job, 1}, ids));
  has_event_ = true;
}

inventory::Movement LockedOrder::movement(ProductId product, std::int32_t on_hand,
                                          std::int32_t reserved, inventory::Reason reason) const {
  return {.product_id = product,
          .on_hand = on_hand,
          .reserved = reserved,
          .reason = reason,
          .cause = order_.id.value};
}

void LockedOrder::move_stock(const std::vector<inventory::Movement>& movements) {
  if (movements.empty()) return;
  std::vector<ProductId> products;
  for (const auto& one : movements) products.push_back(one.product_id);
  add(inventory::store::lock_all(products));
  stock_.push_back(calls_.size());
  add(inventory::store::move(movements));
}

Task<orders::Order> LockedOrder::commit(const AfterCommit& after) {
  const auto stamp = after.inventory.stamp();
  const auto rows = co_await write(after.notifier);
  for (const auto index : stock_) {
    after.inventory.write_through(inventory::store::read_changed(rows[index]), stamp);
  }
  co_return std::move(order_);
}

Task<void> LockedOrder::commit(jobs::Notifier& notifier) { co_await write(notifier); }

Task<std::vector<postgres::Rows>> LockedOrder::write(jobs::Notifier& notifier) {
  std::vector<postgres::Rows> rows;
  if (!calls_.empty()) rows = co_await transaction_.pipeline(std::move(calls_));
  co_await transaction_.commit();
  if (has_event_) notifier.notify();
  co_return rows;
}

}  // namespace souk::checkout
