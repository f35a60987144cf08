#include "checkout/locked_order.h"

#include <fmt/format.h>

#include <algorithm>

#include "checkout/error_codes.h"
#include "inventory/store.h"
#include "jobs/store.h"
#include "orders/events.h"
#include "orders/rules.h"
#include "orders/store.h"
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
    std::vector<orders::Shipment::Item> units;
    for (const auto& item : order_.items) {
      if (item.unshipped() > 0) units.push_back({item.product_id, item.unshipped()});
    }
    move_stock(units, inventory::Reason::kReleased);
  }
  take_step(to, actor, now, std::move(note));
  tell(ids);
  return {};
}

void LockedOrder::ship(const orders::Shipment& shipment, UuidGenerator& ids) {
  for (const auto& [product, units] : shipment.items) {
    std::ranges::find(order_.items, product, &orders::OrderItem::product_id)->shipped += units;
  }
  add(orders::store::ship(order_.id, shipment));
  move_stock(shipment.items, inventory::Reason::kShipped);
  const bool is_whole = std::ranges::all_of(
      order_.items, [](const orders::OrderItem& item) { return item.unshipped() == 0; });
  const auto to = is_whole ? orders::Status::kShipped : orders::Status::kPartiallyShipped;
  if (order_.status != to) take_step(to, shipment.actor, shipment.shipped_at, {});
  tell(ids, &shipment);
}

void LockedOrder::take_step(orders::Status to, const Actor& actor, Timestamp now,
                            std::string note) {
  add(orders::store::transition(
      order_.id,
      {.from = order_.status, .to = to, .at = now, .actor = actor, .note = std::move(note)}));
  order_.status = to;
}

void LockedOrder::tell(UuidGenerator& ids, const orders::Shipment* shipment) {
  const auto kind = orders::event_kind(order_.status);
  if (kind.empty()) return;
  const jobs::NewJob job{.kind = std::string(kind),
                         .aggregate = order_.id.value,
                         .payload = orders::event_payload(order_, shipment)};
  add(jobs::store::append({&job, 1}, ids));
  has_event_ = true;
}

void LockedOrder::move_stock(const std::vector<orders::Shipment::Item>& units,
                             inventory::Reason reason) {
  std::vector<ProductId> products;
  std::vector<inventory::Movement> movements;
  const bool leaves = reason == inventory::Reason::kShipped;
  for (const auto& [product, quantity] : units) {
    products.push_back(product);
    movements.push_back({.product_id = product,
                         .on_hand = leaves ? -quantity : 0,
                         .reserved = -quantity,
                         .reason = reason,
                         .cause = order_.id.value});
  }
  add(inventory::store::lock_all(products));
  stock_ = calls_.size();
  add(inventory::store::move(movements));
}

Task<orders::Order> LockedOrder::commit(const AfterCommit& after) {
  const auto stamp = after.inventory.stamp();
  const auto rows = co_await write(after.notifier);
  if (stock_) after.inventory.write_through(inventory::store::read_changed(rows[*stock_]), stamp);
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
