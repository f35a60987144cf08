// All SQL of the inventory. The calls at the end are for a transaction of checkout's, which locks
// before it takes: rows in product order, so that two orders never wait for each other in a circle.
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
#pragma once

#include <expected>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/version_condition.h"
#include "inventory/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::inventory::store {

std::span<const postgres::Statement* const> statements();

// In no particular order; a product that never had stock is missing.
runtime::Task<std::vector<Stock>> find(postgres::Pool& pool, runtime::Context& context,
                                       std::vector<ProductId> ids);

enum class SetRefused { kUnknownProduct, kBelowReserved, kOtherVersion };
runtime::Task<std::expected<Changed, SetRefused>> set_on_hand(postgres::Pool& pool,
                                                              runtime::Context& context,
                                                              ProductId id, std::int32_t on_hand,
                                                              const VersionCondition& condition);

// Locks the stock rows until the transaction ends. lock() passes over products without units and is
// read by read_stocks(); lock_all() takes every row and returns nothing worth reading.
postgres::Call lock(std::span<const ProductId> products);
std::vector<Stock> read_stocks(const postgres::Rows& rows);
postgres::Call lock_all(std::span<const ProductId> products);

// Change the stocks and note why, a movement for each line; several may be of one product.
// REQUIRES: locked in this transaction; for promise(), movements of reserved units alone.
postgres::Call promise(std::span<const Movement> movements);
postgres::Call move(std::span<const Movement> movements);
// What these have made of them.
std::vector<Changed> read_changed(const postgres::Rows& rows);

struct StockVersion {
  ProductId id;
  std::int64_t version = 0;
  std::chrono::microseconds age{0};  // since the transaction began that changed it last
};
// The current versions of the rows behind cached stocks, to verify these; without deleted rows.
runtime::Task<std::vector<StockVersion>> versions(postgres::Pool& pool, runtime::Context& context,
                                                  std::vector<ProductId> ids);

}  // namespace souk::inventory::store
