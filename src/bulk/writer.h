// Makes products what rows say, a batch in one transaction: a bad row changes nothing, the others
// are written. A row that changes nothing is not written, so that a repetition leaves no trace. The
// number of statements does not depend on the number of rows.
//
// Threading: one per worker. Ownership: borrows its arguments, which outlive it; its tasks borrow
// the rows.
#pragma once

#include <span>
#include <vector>

#include "base/uuid.h"
#include "bulk/category_paths.h"
#include "bulk/metrics.h"
#include "bulk/rules.h"
#include "bulk/types.h"
#include "catalog/catalog.h"
#include "inventory/inventory.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "telemetry/metrics.h"

namespace souk::bulk {

// Whose caches are kept; a command line has none: the nodes follow the change log.
struct Cached {
  catalog::Catalog* catalog = nullptr;
  inventory::Inventory* inventory = nullptr;
};

class Writer {
 public:
  Writer(postgres::Pool& pool, UuidGenerator& ids, telemetry::Registry& registry, Cached cached)
      : pool_(pool), ids_(ids), outcomes_(registry, kMetrics.rows), cached_(cached) {}

  // At most kStatementsMax statements. Rows that the database itself refuses, such as one whose
  // SKU another client has just taken, are found by halving the batch, with more statements. All
  // throw Unavailable. Planned categories of `categories`, which may be null, are made with the
  // products that are in them, each by a statement more.
  static constexpr std::uint32_t kStatementsMax = 9;
  runtime::Task<std::vector<Verdict>> apply(runtime::Context& context, std::span<const Row> rows,
                                            Mode mode, CategoryPaths* categories = nullptr);

  postgres::Pool& pool() { return pool_; }
  UuidGenerator& ids() { return ids_; }

 private:
  runtime::Task<std::vector<Verdict>> apply_part(runtime::Context& context,
                                                 std::span<const Row> rows, Mode mode,
                                                 CategoryPaths* categories);
  runtime::Task<std::vector<Verdict>> run(runtime::Context& context, std::span<const Row> rows,
                                          Mode mode, CategoryPaths* categories);
  runtime::Task<void> write(postgres::Transaction& transaction, const rules::Plan& plan,
                            std::span<const PlannedCategory> categories);

  postgres::Pool& pool_;
  UuidGenerator& ids_;
  telemetry::CountersBy<Outcome, kOutcomeNames> outcomes_;
  const Cached cached_;
};

}  // namespace souk::bulk
