// Orders as their buyer sees them. Placing, paying and all later steps involve other modules: see
// checkout.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows the pool, which outlives it.
#pragma once

#include "base/error.h"
#include "orders/search.h"
#include "orders/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::orders {

class Orders {
 public:
  explicit Orders(postgres::Pool& pool) : pool_(pool) {}

  // One statement each. All throw Unavailable.

  // With `buyer`, only for an order of that buyer. Errors: not_found.
  runtime::Task<Result<Order>> order(runtime::Context& context, OrderId id,
                                     std::optional<UserId> buyer);
  // By its number, as a person writes it; two statements.
  runtime::Task<Result<Order>> order_of_number(runtime::Context& context, std::string number,
                                               std::optional<UserId> buyer);
  // Newest first, with items and product names. `limit` is 1 to kMaxPageSize.
  runtime::Task<OrderPage> list(runtime::Context& context, UserId buyer, std::size_t limit,
                                std::optional<OrderCursor> after);
  // Of any buyer, newest first, at most `limit` (1 to kMaxPageSize); six statements at most.
  // Errors: validation_failed for a text without words, or that means more than kMaxBuyersFound
  // buyers.
  runtime::Task<Result<FoundPage>> search(runtime::Context& context, OrderFilter filter,
                                          std::size_t limit, std::optional<OrderCursor> after);
  // The order's history, oldest first; two statements. Errors: not_found.
  runtime::Task<Result<std::vector<Transition>>> transitions(runtime::Context& context, OrderId id,
                                                             std::optional<UserId> buyer);

  // Oldest first; two statements. Errors: not_found.
  runtime::Task<Result<std::vector<Shipment>>> shipments(runtime::Context& context, OrderId id,
                                                         std::optional<UserId> buyer);

 private:
  postgres::Pool& pool_;
};

}  // namespace souk::orders
