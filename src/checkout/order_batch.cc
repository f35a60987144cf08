#include "checkout/order_batch.h"

#include <algorithm>

#include "catalog/store.h"
#include "checkout/error_codes.h"
#include "checkout/rules.h"
#include "inventory/reservation_store.h"
#include "inventory/store.h"
#include "jobs/event.h"
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

Refused refused(ErrorCode code, std::string detail) {
  return {{.code = code, .detail = std::move(detail)}};
}

const orders::Order& order_of(const Decision& decision) { return std::get<Placed>(decision).order; }

}  // namespace

OrderBatch::OrderBatch(std::span<PendingOrder* const> orders, OrderTerms terms, Timestamp now,
                       orders::NumberRange numbers)
    : orders_(orders), terms_(terms), numbers_(numbers), now_(now) {
  for (const auto* const order : orders) {
    const auto& request = order->request;
    if (const auto& [limited, network] = request.origin; limited) {
      if (terms.open.bound_users()) openers_.push_back(request.buyer);
      if (terms.open.bound_networks() && network) opening_networks_.push_back(*network);
    }
    if (order->key) claims_.push_back({request.buyer, *order->key, order->id});
    deliveries_.push_back({request.buyer, request.address});
    buyers_.push_back(request.buyer);
    products_.insert(products_.end(), order->products.begin(), order->products.end());
  }
  make_distinct(products_);
  make_distinct(buyers_);
  make_distinct(openers_);
  make_distinct(opening_networks_);
}

std::vector<postgres::Call> OrderBatch::reads() const {
  std::vector<postgres::Call> calls;
  if (counts_open()) calls.push_back(orders::store::lock_openers(openers_, opening_networks_));
  if (!openers_.empty()) calls.push_back(orders::store::open_of_buyers(openers_));
  if (!opening_networks_.empty()) {
    calls.push_back(orders::store::open_of_networks(opening_networks_));
  }
  if (!claims_.empty()) calls.push_back(orders::store::claim(claims_));
  calls.push_back(accounts::store::deliveries(deliveries_));
  calls.push_back(reservations::lock_held(buyers_));
  calls.push_back(inventory::store::lock(products_));
  calls.push_back(catalog::store::sale_items(products_));
  return calls;
}

struct OrderBatch::Answers {
  OpenOrders open;
  std::vector<OrderId> claimed;                       // sorted
  std::vector<accounts::store::Delivery> deliveries;  // by order
  OwnHolds holds;
  std::vector<ProductId> reserved;  // products with reserved units
  inventory::rules::Shelf shelf;
  std::vector<catalog::SaleItem> products;
};

OrderBatch::Answers OrderBatch::read(std::span<const postgres::Rows> answers) const {
  auto next = answers.begin();
  std::vector<orders::store::OpenOfBuyer> buyers;
  std::vector<orders::store::OpenOfNetwork> networks;
  if (counts_open()) ++next;  // the locks
  if (!openers_.empty()) buyers = orders::store::read_open_of_buyers(*next++);
  if (!opening_networks_.empty()) networks = orders::store::read_open_of_networks(*next++);
  Answers read{.open = OpenOrders(terms_.open, buyers, networks),
               .claimed = {},
               .deliveries = {},
               .holds = {},
               .reserved = {},
               .shelf = {},
               .products = {}};
  if (!claims_.empty()) read.claimed = orders::store::read_ids(*next++);
  read.deliveries = accounts::store::read_deliveries(*next++, orders_.size());
  read.holds = OwnHolds(reservations::read_all(*next++));
  auto stocks = inventory::store::read_stocks(*next++);
  for (const auto& stock : stocks) {
    if (stock.reserved > 0) read.reserved.push_back(stock.product_id);
  }
  read.shelf = inventory::rules::Shelf(std::move(stocks));
  read.products = catalog::store::read_sale_items(*next);
  std::ranges::sort(read.claimed);
  return read;
}

void OrderBatch::decide(std::span<const postgres::Rows> rows) {
  auto answers = read(rows);
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const auto& order = *orders_[i];
    decisions_.push_back(decide(i, answers));
    if (std::holds_alternative<Placed>(decisions_.back())) {
      placed_.push_back(i);
    } else if (order.key && !std::holds_alternative<KeyTaken>(decisions_.back())) {
      released_keys_.push_back({order.request.buyer, *order.key, order.id});
    }
  }
  holds_ = std::move(answers.holds);
}

Decision OrderBatch::decide(std::size_t place, Answers& answers) {
  auto& pending = *orders_[place];
  const auto& request = pending.request;
  if (pending.key && !contains(answers.claimed, pending.id)) return KeyTaken{};
  const auto& delivery = answers.deliveries[place];
  if (delivery.email.empty()) {  // since the request was admitted
    return refused(ErrorCode::kUnauthenticated, "the account is closed");
  }
  auto address = address_of(request, delivery);
  if (!address) return Refused{std::move(address.error())};
  if (request.reservation) {
    pending.lines = answers.holds.left_of(*request.reservation);
    if (pending.lines.empty() || !answers.shelf.has(pending.lines)) {
      return refused(errors::kReservationNotHeld, "the reservation is over");
    }
  }
  auto order = rules::price(pending.lines, answers.products);
  if (!order) return Refused{std::move(order.error())};
  const auto units = rules::units_of(pending.lines);
  if (auto allowed = answers.open.check(request, units); !allowed) {
    return Refused{std::move(allowed.error())};
  }
  if (request.reservation) {
    answers.holds.use_up(*request.reservation, pending.id);
  } else {
    const auto own = answers.holds.share_of(request.buyer, pending.lines);
    if (auto shortages = answers.shelf.take(pending.lines, own); !shortages.empty()) {
      return out_of_stock(std::move(shortages), answers);
    }
    answers.holds.use(request.buyer, pending.lines, own, pending.id);
  }
  answers.open.add(request, units);
  order->id = pending.id;
  order->user_id = request.buyer;
  order->status = orders::Status::kPending;
  order->order_date = now_;
  order->number = numbers_.number(place);
  order->email = delivery.email;
  order->delivery_address = *std::move(address);
  return Placed{.order = *std::move(order)};
}

Result<std::optional<orders::DeliveryAddress>> OrderBatch::address_of(
    const PlaceOrder& request, const accounts::store::Delivery& delivery) const {
  if (request.deliver_to) return request.deliver_to;
  if (const auto& kept = delivery.address) {
    return orders::DeliveryAddress{.recipient = kept->recipient,
                                   .line1 = kept->line1,
                                   .line2 = kept->line2,
                                   .city = kept->city,
                                   .postal_code = kept->postal_code,
                                   .country = kept->country};
  }
  if (request.address) {
    return fail(errors::kUnknownAddress, "the address does not exist or is not the buyer's");
  }
  if (terms_.require_address) {
    return fail(errors::kAddressRequired,
                "the order names no address, and there is no default one");
  }
  return std::nullopt;
}

Decision OrderBatch::out_of_stock(std::vector<inventory::Shortage> shortages,
                                  const Answers& answers) {
  for (const auto& shortage : shortages) {
    if (std::ranges::find(answers.reserved, shortage.product_id) == answers.reserved.end())
      continue;
    short_of_reserved_.push_back(shortage.product_id);
  }
  make_distinct(short_of_reserved_);
  return OutOfStock{std::move(shortages)};
}

std::vector<postgres::Call> OrderBatch::writes(UuidGenerator& ids) const {
  auto movements = holds_.released();
  std::vector<orders::store::NewOrder> placed;
  std::vector<jobs::FirstEvent> events;
  for (const auto place : placed_) {
    const auto& pending = *orders_[place];
    for (const auto& line : pending.lines) {
      movements.push_back({.product_id = line.product_id,
                           .reserved = line.quantity,
                           .reason = inventory::Reason::kOrdered,
                           .cause = pending.id.value});
    }
    const auto& order = order_of(decisions_[place]);
    placed.push_back({order, pending.request.origin, numbers_.serial(place)});
    events.push_back({order.id.value, pending.trace});
  }
  std::vector<postgres::Call> calls;
  calls.push_back(inventory::store::promise(movements));
  calls.push_back(orders::store::insert(placed));
  const auto kind = orders::event_kind(orders::Status::kPending);
  calls.push_back(jobs::store::append(jobs::name_events(kind, events, ids), ids));
  if (const auto used = holds_.used_up(); !used.reservations.empty()) {
    calls.push_back(reservations::mark_ordered(used.reservations, used.orders));
  }
  if (const auto shrunk = holds_.shrunk(); !shrunk.empty()) {
    calls.push_back(reservations::shrink(shrunk));
  }
  if (!released_keys_.empty()) calls.push_back(orders::store::unclaim(released_keys_));
  return calls;
}

void OrderBatch::settle(std::uint32_t statements) {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    orders_[i]->decision = std::move(decisions_[i]);
    orders_[i]->statements = statements;
  }
}

}  // namespace souk::checkout
