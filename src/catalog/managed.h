// Products as administrators list them, those that are not for sale too. Not cached: few people
// ask, and what they see must be what is there.
//
// Threading: one instance per worker. Ownership: borrows the pool, which outlives it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::catalog {

struct ManagedQuery {
  std::optional<bool> is_active;
  std::optional<CategoryId> category;  // including its descendants
  std::string search;                  // words as typed; empty: no search
  std::size_t limit = kDefaultPageSize;
  std::optional<ProductCursor> after;  // of kNewest
};

class Managed {
 public:
  static std::span<const postgres::Statement* const> statements();

  explicit Managed(postgres::Pool& pool) : pool_(pool) {}

  // The newest first. Of a search's matches at most kMaxRanked are listed. One statement. Errors:
  // validation_failed. Throws Unavailable.
  runtime::Task<Result<ProductPage>> list(runtime::Context& context, ManagedQuery query);

 private:
  postgres::Pool& pool_;
};

}  // namespace souk::catalog
