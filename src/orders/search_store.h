// The SQL of the search of orders.
// Threading and ownership: free functions; they borrow their arguments while they run.
#pragma once

#include <span>
#include <vector>

#include "orders/search.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::orders::search_store {

std::span<const postgres::Statement* const> statements();

// Users whose name or e-mail has words that begin so; at most kMaxBuyersFound + 1.
runtime::Task<std::vector<UserId>> buyers_named(postgres::Pool& pool, runtime::Context& context,
                                                std::string query);
runtime::Task<std::optional<UserId>> buyer_with_email(postgres::Pool& pool,
                                                      runtime::Context& context, std::string email);

// Which orders are examined, newest first.
struct Range {
  OrderCursor before;
  Timestamp from;
  std::optional<Status> status;  // one of the statuses with an index: has_index()
};
// Whether orders of a status are found without examining others. Not pending ones, so that an order
// that is placed pays nothing for it, nor delivered ones, which most orders are.
bool has_index(Status status);

// At most `rows` orders that match, newest first, of the kMaxExamined first of the range.
runtime::Task<std::vector<FoundOrder>> find(postgres::Pool& pool, runtime::Context& context,
                                            const Range& range, const OrderFilter& filter,
                                            std::size_t rows);
// The last order that find() examines; nothing if it examines the whole range.
runtime::Task<std::optional<OrderCursor>> last_examined(postgres::Pool& pool,
                                                        runtime::Context& context,
                                                        const Range& range);
// Of these buyers alone: all their orders are examined.
runtime::Task<std::vector<FoundOrder>> find_of(postgres::Pool& pool, runtime::Context& context,
                                               std::span<const UserId> buyers, const Range& range,
                                               const OrderFilter& filter, std::size_t rows);
// The order with that serial number, if it matches.
runtime::Task<std::vector<FoundOrder>> find_serial(postgres::Pool& pool, runtime::Context& context,
                                                   std::int64_t serial, const Range& range,
                                                   const OrderFilter& filter);

}  // namespace souk::orders::search_store
