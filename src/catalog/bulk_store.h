// SQL on many products at once, for imports, exports and bulk changes. The number of statements
// does not depend on the number of products. Threading and ownership: free functions; they borrow
// their arguments while they run.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "catalog/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"

namespace souk::catalog::bulk_store {

std::span<const postgres::Statement* const> statements();

// In no particular order; unknown ones are missing.
postgres::Call with_skus(const std::vector<std::string>& skus);
postgres::Call with_ids(const std::vector<ProductId>& ids);
// The same, locked against changes until the transaction ends, but not against orders.
postgres::Call lock(const std::vector<ProductId>& ids);
std::vector<Product> read_products(const postgres::Rows& rows);

// For errors of both: store::names_no_category() and store::names_taken_sku().
postgres::Call insert(std::span<const Product> products);
// Everything but the id and the SKU. REQUIRES: locked in this transaction.
postgres::Call update(std::span<const Product> products);

// The next products that have a SKU, of the bytes after `after`, in that order.
inline constexpr std::size_t kExportPage = 2'000;
postgres::Call next_with_sku(const std::string& after);

// Products without a SKU.
postgres::Call count_without_sku();

// At most one transaction of the database has it, until it ends; it may be idle meanwhile, for
// kMaxImportTime.
inline constexpr std::chrono::hours kMaxImportTime{24};
postgres::Call try_to_lock_imports();
bool read_locked_imports(const postgres::Rows& rows);

}  // namespace souk::catalog::bulk_store
