// All SQL of the catalogue. Every page is a range of one index, from its cursor on.
// Threading and ownership: free functions; they borrow their arguments while they run.
#pragma once

#include <span>
#include <vector>

#include "base/error.h"
#include "base/version_condition.h"
#include "catalog/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::catalog::store {

std::span<const postgres::Statement* const> statements();

// A product and its key in the list's order.
struct Listed {
  Product product;
  double key = 0;
};

struct Listing {
  std::vector<Listed> rows;
  // Where the scan ended before the end of the list: everything before it was examined.
  std::optional<ProductCursor> edge;
  bool bounded = false;  // not everything that matches was looked at
};

// For statements of lists.
inline constexpr ProductId kLastId = [] {
  ProductId id;
  id.value.bytes.fill(0xff);
  return id;
}();

struct Bounds {
  std::int64_t least;
  std::int64_t most;
  std::int64_t rows;
};
Bounds bounds_of(const ProductQuery& query);

// A page ordered by price: it begins after the product start_id of price start, or without a cursor
// at the bound, and ends at the price `end`.
struct PriceRange {
  std::int64_t start;
  ProductId start_id;
  std::int64_t end;
};
PriceRange price_range_of(const ProductQuery& query, const Bounds& bounds);

runtime::Task<std::optional<Product>> find(postgres::Pool& pool, runtime::Context& context,
                                           ProductId id);
// REQUIRES: a currency when prices are compared; no search, ids or in_stock, which are
// search_store's. At most query.limit + 1 rows, which shows whether more follow.
runtime::Task<Listing> list(postgres::Pool& pool, runtime::Context& context,
                            const ProductQuery& query);
runtime::Task<std::vector<Category>> categories(postgres::Pool& pool, runtime::Context& context);
// Of active products, in order.
runtime::Task<Currencies> currencies(postgres::Pool& pool, runtime::Context& context);

// Writes, for a transaction. Their error is judged by the two functions below.
postgres::Call insert(ProductId id, const ProductDraft& draft);
Product read_inserted(const postgres::Rows& rows);

struct Updated {
  bool found = false;
  std::optional<Product> product;  // nothing when its version was another one
};
postgres::Call update(ProductId id, const ProductPatch& patch, const VersionCondition& condition);
Updated read_updated(const postgres::Rows& rows);

bool names_no_category(const postgres::StatementError& error);
bool names_taken_sku(const postgres::StatementError& error);

// The current versions of cached products' rows, for the prober; unordered, without deleted ones.
struct ProductVersion {
  ProductId id;
  std::int64_t version = 0;
  std::chrono::microseconds age{0};  // since the start of the last changing transaction
};
runtime::Task<std::vector<ProductVersion>> versions(postgres::Pool& pool, runtime::Context& context,
                                                    std::vector<ProductId> ids);

// Categories. Their writers wait for each other: every one sees the siblings and slugs that the
// ones before have left, and no two moves make a loop.
runtime::Task<std::optional<Category>> find_category(postgres::Pool& pool,
                                                     runtime::Context& context, CategoryId id);
postgres::Call lock_categories();
// No row: there are kMaxCategories.
postgres::Call insert_category(CategoryId id, const CategoryDraft& draft);
std::optional<Category> read_inserted_category(const postgres::Rows& rows);

struct UpdatedCategory {
  bool found = false;
  std::optional<Category> category;  // nothing when its version was another one
};
postgres::Call update_category(CategoryId id, const CategoryPatch& patch,
                               const VersionCondition& condition);
UpdatedCategory read_updated_category(const postgres::Rows& rows);

enum class Deleted : std::uint8_t { kNotFound, kOtherVersion, kYes };
postgres::Call delete_category(CategoryId id, const VersionCondition& condition);
Deleted read_deleted_category(const postgres::Rows& rows);

// Why the database refused a category; nothing when it is no fault of its values.
enum class CategoryWrite : std::uint8_t { kPut, kDelete };
std::optional<Error> category_refusal(const postgres::StatementError& error, CategoryWrite write);

// For checkout's transactions: the current prices of products; unknown ones are missing.
postgres::Call sale_items(const std::vector<ProductId>& ids);
// Sorted by id, for rules::for_sale().
std::vector<SaleItem> read_sale_items(const postgres::Rows& rows);

}  // namespace souk::catalog::store
