#include "checkout/order_batch.h"

#include <algorithm>

#include "accounts/store.h"
#include "catalog/store.h"
#include "checkout/rules.h"
#include "inventory/reservation_store.h"
#include "inventory/store.h"
#include "jobs/store.h"
#include "orders/events.h"

namespace souk::checkout {
namespace {

namespace reservations = inventory::reservation_store;

template <class T>
void make_distinct(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto rest = std::ranges::unique(values);
  values.erase(rest.begin(), rest.end());
}

template <class T>
bool contains(const std::vector<T>& sorted, const T& value) {
  return std::ranges::binary_search(sorted, value);
}

const orders::Order& order_of(const Decision& decision) {
  return std::get<Placed>(*std::get<Result<PlaceOutcome>>(decision)).order;
}

bool is_placed(const Decision& decision) {
  const auto* const result = std::get_if<Result<PlaceOutcome>>(&decision);
  return result != nullptr && *result && std::holds_alternative<Placed>(**result);
}

}  // namespace

OrderBatch::OrderBatch(std::span<PendingOrder* const> orders, Timestamp now)
    : orders_(orders), now_(now) {
  for (const auto* const order : orders) {
    const auto& request = order->request;
    if (order->key) claims_.push_back({request.buyer, *order->key, order->id});
    if (request.address) addresses_.emplace_back(request.buyer, *request.address);
    if (request.reservation) reservations_.push_back(*request.reservation);
    for (const auto& line : order->lines) products_.push_back(line.product_id);
  }
  make_distinct(products_);
}

std::vector<postgres::Call> OrderBatch::questions() const {
  std::vector<postgres::Call> calls;
  if (!claims_.empty()) calls.push_back(orders::store::claim(claims_));
  if (!addresses_.empty()) calls.push_back(accounts::store::own_addresses(addresses_));
  if (!reservations_.empty()) calls.push_back(reservations::lock_held(reservations_));
  calls.push_back(inventory::store::lock(products_));
  calls.push_back(catalog::store::sale_items(products_));
  return calls;
}

struct OrderBatch::Answers {
  std::vector<OrderId> claimed;  // sorted, as the next two
  std::vector<std::pair<UserId, AddressId>> addresses;
  std::vector<ReservationId> held;
  inventory::rules::Shelf shelf;
  std::vector<catalog::SaleItem> products;
};

OrderBatch::Answers OrderBatch::read(std::span<const postgres::Rows> answers) const {
  auto next = answers.begin();
  Answers read{.claimed = {}, .addresses = {}, .held = {}, .shelf = {}, .products = {}};
  if (!claims_.empty()) read.claimed = orders::store::read_ids(*next++);
  if (!addresses_.empty()) read.addresses = accounts::store::read_own_addresses(*next++);
  if (!reservations_.empty()) read.held = reservations::read_ids(*next++);
  read.shelf = inventory::rules::Shelf(inventory::store::read_stocks(*next++));
  read.products = catalog::store::read_sale_items(*next);
  std::ranges::sort(read.claimed);
  std::ranges::sort(read.addresses);
  std::ranges::sort(read.held);
  return read;
}

void OrderBatch::decide(std::span<const postgres::Rows> rows) {
  auto answers = read(rows);
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const auto& order = *orders_[i];
    decisions_.push_back(decide(order, answers));
    if (is_placed(decisions_.back())) {
      placed_.push_back(i);
    } else if (order.key && !std::holds_alternative<KeyTaken>(decisions_.back())) {
      given_back_.push_back({order.request.buyer, *order.key, order.id});
    }
  }
}

Decision OrderBatch::decide(const PendingOrder& pending, Answers& answers) const {
  const auto& request = pending.request;
  if (pending.key && !contains(answers.claimed, pending.id)) return KeyTaken{};
  if (request.address && !contains(answers.addresses, {request.buyer, *request.address})) {
    return fail(ErrorCode::kUnknownAddress, "the address does not exist or is not the buyer's");
  }
  auto order = rules::price(pending.lines, answers.products);
  if (!order) return std::unexpected(order.error());
  if (request.reservation) {
    // Of two orders that name it the first one gets it.
    if (std::erase(answers.held, *request.reservation) == 0 || !answers.shelf.has(pending.lines)) {
      return fail(ErrorCode::kReservationNotHeld, "the reservation is over");
    }
  } else if (auto shortages = answers.shelf.take(pending.lines); !shortages.empty()) {
    return PlaceOutcome(OutOfStock{std::move(shortages)});
  }
  order->id = pending.id;
  order->user_id = request.buyer;
  order->status = "pending";
  order->order_date = now_;
  return PlaceOutcome(Placed{.order = *std::move(order)});
}

std::vector<postgres::Call> OrderBatch::writes(UuidGenerator& ids) const {
  std::vector<inventory::Movement> movements;
  std::vector<orders::store::NewOrder> placed;
  std::vector<jobs::NewJob> events;
  std::vector<ReservationId> ordered;
  std::vector<OrderId> ordered_by;
  for (const auto place : placed_) {
    const auto& pending = *orders_[place];
    const bool reserved = pending.request.reservation.has_value();
    for (const auto& line : pending.lines) {
      movements.push_back(
          {line.product_id, -line.quantity, reserved ? -line.quantity : 0, pending.id.value});
    }
    const auto& order = order_of(decisions_[place]);
    placed.push_back({order, pending.request.address});
    events.push_back({.kind = std::string(orders::event_kind(orders::Status::kPending).value()),
                      .aggregate = order.id.value,
                      .payload = orders::event_payload(order)});
    if (reserved) {
      ordered.push_back(*pending.request.reservation);
      ordered_by.push_back(pending.id);
    }
  }
  std::vector<postgres::Call> calls;
  calls.push_back(inventory::store::move(movements, inventory::Reason::kSold));
  calls.push_back(orders::store::insert(placed));
  calls.push_back(jobs::store::append(events, ids));
  if (!ordered.empty()) calls.push_back(reservations::mark_ordered(ordered, ordered_by));
  if (!given_back_.empty()) calls.push_back(orders::store::unclaim(given_back_));
  return calls;
}

void OrderBatch::settle(std::uint32_t statements) {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    orders_[i]->decision = std::move(decisions_[i]);
    orders_[i]->statements = statements;
  }
}

}  // namespace souk::checkout
