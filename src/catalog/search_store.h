// The SQL of searches, and of lists with filters that no index has. Each statement reads a bounded
// number of products, however many match.
// Threading and ownership: free functions; they borrow their arguments while they run. All throw
// Unavailable.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalog/store.h"
#include "catalog/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::catalog::search_store {

std::span<const postgres::Statement* const> statements();

// REQUIRES: `search`, `ids` or `in_stock` of the query; a currency when prices are compared. At
// most query.limit + 1 rows. Up to three statements.
runtime::Task<store::Listing> list(postgres::Pool& pool, runtime::Context& context,
                                   const ProductQuery& query);

}  // namespace souk::catalog::search_store
