// The catalogue: products and categories, read by everyone, changed by administrators. Reads are
// served from the cache.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows its arguments, which outlive it. Running loads borrow it: close the cache
// before it is destroyed.
#pragma once

#include <vector>

#include "base/error.h"
#include "base/version_condition.h"
#include "cache/hybrid/hybrid_cache.h"
#include "catalog/caching.h"
#include "catalog/searches.h"
#include "catalog/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::catalog {

class Catalog {
 public:
  Catalog(postgres::Pool& pool, cache::HybridCache& cache, Searches& searches, UuidGenerator& ids,
          Caching caching = {});

  // At most one statement each, three of a search; none on a cache hit. All throw Unavailable when
  // there is no entry to fall back to.

  // Errors: not_found. Inactive products are returned: orders refer to them.
  runtime::Task<Result<cache::FoundOf<Product>>> product(runtime::Context& context, ProductId id);
  // Active products only. Errors: validation_failed for a query that rules::check refuses, and for
  // one that compares prices without naming one of several currencies, none of them the shop's. An
  // unknown category is an empty list; search_busy, search_too_long. One statement more when prices
  // are compared, no currency is named, and the currencies are not cached. A list of what is in
  // stock is not cached: each order may change it.
  runtime::Task<Result<cache::FoundOf<ProductPage>>> list(runtime::Context& context,
                                                          ProductQuery query);
  // The whole tree, parents before children, siblings in order.
  runtime::Task<Result<cache::FoundOf<Categories>>> categories(runtime::Context& context);
  // Not from the cache. Errors: not_found.
  runtime::Task<Result<Category>> category(runtime::Context& context, CategoryId id);
  // Of the category with this slug; nothing if there is none.
  runtime::Task<Result<std::optional<CategoryId>>> category_of(runtime::Context& context,
                                                               std::string_view slug);

  // Errors: validation_failed, unknown_category, category_taken, category_loop, limit_reached.
  runtime::Task<Result<Category>> create_category(runtime::Context& context, CategoryDraft draft);
  // Replaces the present members, if the version meets the condition. Errors: as above, and
  // not_found, precondition_failed.
  runtime::Task<Result<Category>> update_category(runtime::Context& context, CategoryId id,
                                                  CategoryPatch patch, VersionCondition condition);
  // Errors: not_found, precondition_failed, category_not_empty.
  runtime::Task<Result<>> remove_category(runtime::Context& context, CategoryId id,
                                          VersionCondition condition);

  // Errors: validation_failed, unknown_category.
  runtime::Task<Result<Product>> create(runtime::Context& context, ProductDraft draft);
  // Replaces the present members, if the version meets the condition. Errors: validation_failed,
  // unknown_category, not_found, precondition_failed.
  runtime::Task<Result<Product>> update(runtime::Context& context, ProductId id, ProductPatch patch,
                                        VersionCondition condition);

  // After the commit of a transaction that wrote here: drops from the cache what it has logged,
  // which are the rows of cache::store::own_changes(kTopic).
  void drop_changes(const postgres::Rows& logged);

 private:
  runtime::Task<cache::Value> load_product(runtime::Context& context, ProductId id);
  runtime::Task<Result<cache::FoundOf<ProductPage>>> found_page(runtime::Context& context,
                                                                ProductQuery query);
  runtime::Task<cache::Value> load_page(runtime::Context& context, ProductQuery query);
  runtime::Task<cache::Value> load_categories(runtime::Context& context);
  runtime::Task<cache::Value> load_currencies(runtime::Context& context);
  // The shop's own currency if products have it, or else the only one; XXX when there are none.
  runtime::Task<Result<Currency>> main_currency(runtime::Context& context);
  // Two statements: a write, and the changes it has logged.
  runtime::Task<postgres::Rows> write(runtime::Context& context, postgres::Call call);
  // Three: the lock of all categories comes first.
  runtime::Task<postgres::Rows> write_category(runtime::Context& context, postgres::Call call);

  postgres::Pool& pool_;
  cache::HybridCache& cache_;
  Searches& searches_;
  UuidGenerator& ids_;
  const Caching caching_;
};

}  // namespace souk::catalog
