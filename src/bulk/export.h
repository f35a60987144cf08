// All products that have a SKU, in its order, from one snapshot, a page at a time.
//
//   while (auto page = co_await all.next()) ...   an empty page is the end
//
// Threading: one task at a time. Ownership: owns its transaction; its context outlives it.
#pragma once

#include <vector>

#include "bulk/category_paths.h"
#include "bulk/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::bulk {

class Export {
 public:
  // Throws Unavailable, as all here.
  static runtime::Task<Export> begin(postgres::Pool& pool, runtime::Context& context);

  runtime::Task<std::vector<Shown>> next();
  // Products that are left out for want of a SKU. Reads the whole table.
  runtime::Task<std::int64_t> left_out();

 private:
  Export(postgres::Transaction snapshot, CategoryPaths categories)
      : snapshot_(std::move(snapshot)), categories_(std::move(categories)) {}

  postgres::Transaction snapshot_;
  CategoryPaths categories_;
  std::string last_sku_;
};

}  // namespace souk::bulk
