// SQL of what people say about the stock: counts of many products, changes by hand, and what is
// listed for them.
// Threading and ownership: free functions; they borrow their arguments while they run.
#pragma once

#include <span>
#include <vector>

#include "inventory/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"

namespace souk::inventory::counts_store {

std::span<const postgres::Statement* const> statements();

// In no particular order; a product that never had stock is missing.
postgres::Call find(const std::vector<ProductId>& ids);
// The same, locked until the transaction ends.
postgres::Call lock(const std::vector<ProductId>& ids);
std::vector<Stock> read_stocks(const postgres::Rows& rows);

struct Count {
  ProductId product_id;
  std::int64_t on_hand = 0;
};
// Read by store::read_changed(). A product without a stock gets one. REQUIRES: locked in this
// transaction, and not below what is reserved.
postgres::Call set(std::span<const Count> counts);

}  // namespace souk::inventory::counts_store
