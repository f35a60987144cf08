// SQL of the stock's books.
// Threading and ownership: free functions; they borrow their arguments while they run.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "inventory/ledger_types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"

namespace souk::inventory::ledger_store {

std::span<const postgres::Statement* const> statements();

runtime::Task<std::optional<Adjustment>> with_key(postgres::Pool& pool, runtime::Context& context,
                                                  UserId user, const std::string& key);

// For a transaction: gives a product that never had stock a row without units; then changes it and
// writes the ledger.
postgres::Call begin_stock(ProductId product);
postgres::Call adjust(const Uuid& id, const AdjustmentDraft& draft);
struct Made {
  Changed changed;
  Timestamp created_at;
};
// Of rows; none: there is no such product. Nothing: the units do not allow it.
std::optional<Made> read_adjusted(const postgres::Rows& rows);

runtime::Task<std::vector<ListedMovement>> movements(postgres::Pool& pool,
                                                     runtime::Context& context, ProductId product,
                                                     std::optional<MovementCursor> after,
                                                     std::size_t rows);

struct Low {
  std::vector<LowStock> items;
  // Where the search ended before the end of the list: everything before it was examined.
  std::optional<ProductId> edge;
};
runtime::Task<Low> low(postgres::Pool& pool, runtime::Context& context, std::int64_t below,
                       std::optional<LowStockCursor> after, std::size_t rows);

}  // namespace souk::inventory::ledger_store
