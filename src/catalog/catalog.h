// The catalogue: products and categories, read by everyone, changed by administrators.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows the pool and the id generator, which outlive it.
#pragma once

#include <vector>

#include "base/error.h"
#include "catalog/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::catalog {

class Catalog {
 public:
  Catalog(postgres::Pool& pool, UuidGenerator& ids) : pool_(pool), ids_(ids) {}

  // One statement each. All throw postgres::Unavailable and its kin.

  // Errors: not_found. A product that is not for sale any more is found: orders refer to it.
  runtime::Task<Result<Product>> product(runtime::Context& context, ProductId id);
  // Active products only. Errors: validation_failed for a query that rules::check refuses.
  // An unknown category is an empty list. A page of the newest within a range of prices may hold
  // less than it was asked for although more follow: the cursor tells.
  runtime::Task<Result<ProductPage>> list(runtime::Context& context, ProductQuery query);
  // The whole tree, parents before children, siblings in their order.
  runtime::Task<std::vector<Category>> categories(runtime::Context& context);

  // Errors: validation_failed, unknown_category.
  runtime::Task<Result<Product>> create(runtime::Context& context, ProductDraft draft);
  // Replaces the members present. With `expected_version`, only a product of that version.
  // Errors: validation_failed, unknown_category, not_found, precondition_failed.
  runtime::Task<Result<Product>> update(runtime::Context& context, ProductId id, ProductPatch patch,
                                        std::optional<std::int64_t> expected_version);

 private:
  postgres::Pool& pool_;
  UuidGenerator& ids_;
};

}  // namespace souk::catalog
