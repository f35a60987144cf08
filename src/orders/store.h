// All SQL of the orders. It reads product names from the catalogue's table, so that a list of
// orders is one statement. The calls at the end are for a transaction of checkout's.
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
#pragma once

#include <span>
#include <vector>

#include "orders/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::orders::store {

std::span<const postgres::Statement* const> statements();

runtime::Task<std::optional<Order>> find(postgres::Pool& pool, runtime::Context& context,
                                         OrderId id);
// At most `rows` orders, newest first.
runtime::Task<std::vector<Order>> list(postgres::Pool& pool, runtime::Context& context,
                                       UserId buyer, std::size_t rows,
                                       std::optional<OrderCursor> after);

// Claims the key for the order that is about to be placed, waiting for another transaction that is
// claiming it. No row: it was claimed before; find_claim() then tells by what.
postgres::Call claim(UserId buyer, const IdempotencyKey& key, OrderId id);
struct Claim {
  RequestHash request_hash{};
  OrderId order_id;
};
postgres::Call find_claim(UserId buyer, const std::string& key);
Claim read_claim(const postgres::Rows& rows);

postgres::Call insert(const Order& order, std::optional<AddressId> address);

// Locks an order until the transaction ends. No row: there is none.
struct Locked {
  UserId user_id;
  std::string status;
  std::vector<ProductId> products;  // of its lines, with
  std::vector<std::int32_t> quantities;
};
postgres::Call lock(OrderId id);
std::optional<Locked> read_locked(const postgres::Rows& rows);
postgres::Call cancel(OrderId id, Timestamp when);

// The same as find(), inside a transaction.
postgres::Call find_call(OrderId id);
std::optional<Order> read_order(const postgres::Rows& rows);

}  // namespace souk::orders::store
