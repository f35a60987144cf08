// All SQL of the orders. The calls at the end are parts of checkout's transactions, for many orders
// at once.
// Threading and ownership: free functions; they borrow their arguments while they run.
#pragma once

#include <span>
#include <vector>

#include "orders/order_number.h"
#include "orders/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::orders::store {

std::span<const postgres::Statement* const> statements();

runtime::Task<std::optional<Order>> find(postgres::Pool& pool, runtime::Context& context,
                                         OrderId id);
// Those that exist, by id.
runtime::Task<std::vector<Order>> find_all(postgres::Pool& pool, runtime::Context& context,
                                           std::span<const Uuid> ids);
runtime::Task<std::optional<Order>> find_serial(postgres::Pool& pool, runtime::Context& context,
                                                std::int64_t serial);

inline constexpr std::size_t kNumberBlock = 1'024;
// Serial numbers that nobody else gets, from `first` on.
struct NumberBlock {
  OrderNumbers::Secret secret{};
  std::int64_t first = 0;
};
runtime::Task<NumberBlock> next_number_block(postgres::Pool& pool, runtime::Context& context);
runtime::Task<OrderNumbers::Secret> number_secret(postgres::Pool& pool, runtime::Context& context);

// At most `rows` orders, newest first.
runtime::Task<std::vector<Order>> list(postgres::Pool& pool, runtime::Context& context,
                                       UserId buyer, std::size_t rows,
                                       std::optional<OrderCursor> after);

struct Claim {
  RequestHash request_hash{};
  OrderId order_id;
};
// Nothing when it is not claimed.
runtime::Task<std::optional<Claim>> find_claim(postgres::Pool& pool, runtime::Context& context,
                                               UserId buyer, const std::string& key);

// Deletes a batch of claims older than `before`. True when there may be more.
runtime::Task<bool> forget_claims(postgres::Pool& pool, runtime::Context& context,
                                  Timestamp before);

// Claims keys for new orders; waits for other transactions that claim them. Returns the ids of the
// orders whose key was free: read_ids(). REQUIRES: distinct keys.
struct NewClaim {
  UserId buyer;
  const IdempotencyKey& key;
  OrderId order_id;
};
postgres::Call claim(std::span<const NewClaim> claims);
// Releases keys that the same transaction has claimed.
postgres::Call unclaim(std::span<const NewClaim> claims);

// Open orders (pending ones) and their units.
struct Open {
  std::int64_t orders = 0;
  std::int64_t units = 0;
};
struct OpenOfBuyer {
  UserId buyer;
  Open open;
};
struct OpenOfNetwork {
  NetworkKey network = 0;
  Open open;
};
inline constexpr std::size_t kMaxOpenCounted = 1'000;  // of a buyer's newest orders
// Advisory locks that serialise transactions with new open orders of the same buyers or networks,
// so that the next two calls count correctly. REQUIRES: nothing else is locked yet.
postgres::Call lock_openers(std::span<const UserId> buyers, std::span<const NetworkKey> networks);
postgres::Call open_of_buyers(std::span<const UserId> buyers);
std::vector<OpenOfBuyer> read_open_of_buyers(const postgres::Rows& rows);
postgres::Call open_of_networks(std::span<const NetworkKey> networks);
std::vector<OpenOfNetwork> read_open_of_networks(const postgres::Rows& rows);

struct NewOrder {
  const Order& order;
  Origin origin;
  std::int64_t serial = 0;  // what its number is made of
};
// REQUIRES: not empty, and of one date.
postgres::Call insert(std::span<const NewOrder> orders);

// A position in the list of unpaid orders, oldest first.
struct UnpaidCursor {
  Timestamp since;
  OrderId id;
};
struct UnpaidLifetimes {
  std::chrono::milliseconds orders;
  std::chrono::milliseconds transfers;  // with an open payment that a person records
};
// Orders that have been pending for longer, both at `now` and by the database's clock.
runtime::Task<std::vector<UnpaidCursor>> unpaid(postgres::Pool& pool, runtime::Context& context,
                                                const UnpaidCursor& after, Timestamp now,
                                                UnpaidLifetimes lifetimes, std::size_t limit);

inline constexpr std::int64_t kMaxPlaceInDay = 10'001;  // the highest place that is reported
// The ordinal number of the order among its buyer's orders of that day (UTC), from 1; 0 if it does
// not exist.
runtime::Task<std::int64_t> place_in_day(postgres::Pool& pool, runtime::Context& context,
                                         OrderId id);

// The ids of the orders that exist: read_ids().
postgres::Call existing(std::span<const OrderId> ids);
std::vector<OrderId> read_ids(const postgres::Rows& rows);

// Locks an order until the transaction ends; read it afterwards. No row: it does not exist.
postgres::Call lock(OrderId id);
// Changes the status and records the actor. REQUIRES: locked, and in the status `from`; otherwise
// nothing happens.
postgres::Call transition(OrderId id, const Transition& transition);
runtime::Task<std::vector<Transition>> transitions(postgres::Pool& pool, runtime::Context& context,
                                                   OrderId id);

// Records the shipment and its units at the order's lines. REQUIRES: locked.
postgres::Call ship(OrderId order, const Shipment& shipment);
// Oldest first, kMaxShipments at most.
runtime::Task<std::vector<Shipment>> shipments(postgres::Pool& pool, runtime::Context& context,
                                               OrderId order);
postgres::Call shipments_call(OrderId order);
std::vector<Shipment> read_shipments(const postgres::Rows& rows);

struct RefundedUnits {
  ProductId product_id;
  std::int32_t refunded = 0;
  std::int32_t released = 0;  // of these, never shipped and not to be
};
// REQUIRES: locked.
postgres::Call refund_units(OrderId order, std::span<const RefundedUnits> units);
// Adds to what was returned of its total. REQUIRES: locked.
postgres::Call refund(OrderId order, const Money& amount);

// The same as find(), inside a transaction.
postgres::Call find_call(OrderId id);
std::optional<Order> read_order(const postgres::Rows& rows);

}  // namespace souk::orders::store
