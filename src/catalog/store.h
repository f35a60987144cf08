// All SQL of the catalogue. Every page is a range of one index, from its cursor on.
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
#pragma once

#include <span>
#include <vector>

#include "base/version_condition.h"
#include "catalog/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::catalog::store {

std::span<const postgres::Statement* const> statements();

// A product and its key in the order of the list it was read by.
struct Listed {
  Product product;
  double key = 0;
};

struct Listing {
  std::vector<Listed> rows;
  // Where the look for more ended before the order did: everything before it was looked at.
  std::optional<ProductId> edge;
};

runtime::Task<std::optional<Product>> find(postgres::Pool& pool, runtime::Context& context,
                                           ProductId id);
// REQUIRES: a currency where prices are compared. At most query.limit + 1 rows, so that the caller
// sees whether more follow.
runtime::Task<Listing> list(postgres::Pool& pool, runtime::Context& context,
                            const ProductQuery& query);
runtime::Task<std::vector<Category>> categories(postgres::Pool& pool, runtime::Context& context);
// Of what is for sale, in order.
runtime::Task<std::vector<std::string>> currencies(postgres::Pool& pool, runtime::Context& context);

// Writes, for a transaction. Of a category that does not exist: names_no_category() says so of the
// error.
postgres::Call insert(ProductId id, const ProductDraft& draft);
Product read_inserted(const postgres::Rows& rows);

struct Updated {
  bool found = false;
  std::optional<Product> product;  // nothing when its version was another one
};
postgres::Call update(ProductId id, const ProductPatch& patch, const VersionCondition& condition);
Updated read_updated(const postgres::Rows& rows);

bool names_no_category(const postgres::StatementError& error);

// What the rows behind cached products are now, for who doubts it; in no particular order, those
// that are gone missing.
struct ProductVersion {
  ProductId id;
  std::int64_t version = 0;
  std::chrono::microseconds age{0};  // since the transaction began that changed it last
};
runtime::Task<std::vector<ProductVersion>> versions(postgres::Pool& pool, runtime::Context& context,
                                                    std::vector<ProductId> ids);

// For a transaction of checkout's: what the products cost at this moment; unknown ones are missing.
postgres::Call sale_items(const std::vector<ProductId>& ids);
// By id, as rules::for_sale() wants them.
std::vector<SaleItem> read_sale_items(const postgres::Rows& rows);

}  // namespace souk::catalog::store
