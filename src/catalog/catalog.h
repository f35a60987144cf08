// The catalogue: products and categories, read by everyone, changed by administrators. What is read
// comes from the cache.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows all it is made from, which outlives it. Loads under way borrow it: the cache
// is closed before it is destroyed.
#pragma once

#include <vector>

#include "base/error.h"
#include "base/version_condition.h"
#include "cache/hybrid/hybrid_cache.h"
#include "catalog/caching.h"
#include "catalog/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::catalog {

class Catalog {
 public:
  Catalog(postgres::Pool& pool, cache::HybridCache& cache, UuidGenerator& ids,
          Caching caching = {});

  // At most one statement each, none where the cache has it. All throw Unavailable
  // where nothing can stand in for an answer.

  // Errors: not_found. A product that is not for sale any more is found: orders refer to it.
  runtime::Task<Result<cache::FoundOf<Product>>> product(runtime::Context& context, ProductId id);
  // Active products only. Errors: validation_failed for a query that rules::check refuses, and for
  // one that compares prices without naming one of the several currencies of the shop. An unknown
  // category is an empty list. A page of the newest within a range of prices may hold less than it
  // was asked for although more follow: the cursor tells. Takes a statement more where prices are
  // compared, no currency is named, and the cache does not know which ones there are.
  runtime::Task<Result<cache::FoundOf<ProductPage>>> list(runtime::Context& context,
                                                          ProductQuery query);
  // The whole tree, parents before children, siblings in their order.
  runtime::Task<cache::FoundOf<Categories>> categories(runtime::Context& context);

  // Errors: validation_failed, unknown_category.
  runtime::Task<Result<Product>> create(runtime::Context& context, ProductDraft draft);
  // Replaces the members present. Of a version that meets the condition only.
  // Errors: validation_failed, unknown_category, not_found, precondition_failed.
  runtime::Task<Result<Product>> update(runtime::Context& context, ProductId id, ProductPatch patch,
                                        VersionCondition condition);

 private:
  runtime::Task<cache::Value> load_product(runtime::Context& context, ProductId id);
  runtime::Task<cache::Value> load_page(runtime::Context& context, ProductQuery query);
  runtime::Task<cache::Value> load_categories(runtime::Context& context);
  runtime::Task<cache::Value> load_currencies(runtime::Context& context);
  // The only currency of what is for sale; XXX where nothing is.
  runtime::Task<Result<Currency>> only_currency(runtime::Context& context);
  // Two statements: a write, and what it has changed for everybody who keeps copies.
  runtime::Task<postgres::Rows> write(runtime::Context& context, postgres::Call call);

  postgres::Pool& pool_;
  cache::HybridCache& cache_;
  UuidGenerator& ids_;
  const Caching caching_;
};

}  // namespace souk::catalog
