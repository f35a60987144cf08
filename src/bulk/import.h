// Imports rows in batches, each a transaction of its own: what a broken import has written stays,
// and repeating it continues it. The database has one import at a time: a transaction that does
// nothing else holds the lock. Should its connection be lost, another import may begin, and both
// write batches that are right on their own.
//
// Threading: one import, one task at a time. Ownership: borrows the writer, which outlives it.
#pragma once

#include <functional>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "bulk/category_paths.h"
#include "bulk/types.h"
#include "bulk/writer.h"
#include "postgres/transaction.h"

namespace souk::bulk {

struct Summary {
  std::size_t rows = 0;
  std::array<std::size_t, kOutcomeNames.size()> outcomes{};
  std::size_t new_categories = 0;

  std::size_t of(Outcome outcome) const { return outcomes.at(static_cast<std::size_t>(outcome)); }
};

class Import {
 public:
  // In the order of rows. Called while rows are added.
  using OnRefused = std::function<void(const Row&, const Problem&)>;

  // Errors: import_running. Throws Unavailable, as all here.
  static runtime::Task<Result<Import>> begin(runtime::Context& context, Writer& writer, Mode mode,
                                             OnRefused on_refused);

  // Empties `rows`. Errors: validation_failed above kMaxImportRows.
  runtime::Task<Result<>> add(runtime::Context& context, std::vector<Row>& rows);
  // Writes the last batch.
  runtime::Task<Summary> end(runtime::Context& context);

  const Summary& so_far() const { return summary_; }

 private:
  Import(postgres::Transaction lock, Writer& writer, CategoryPaths categories, Mode mode,
         OnRefused on_refused)
      : lock_(std::move(lock)),
        writer_(writer),
        categories_(std::move(categories)),
        mode_(mode),
        on_refused_(std::move(on_refused)) {}

  void resolve(Row& row);
  runtime::Task<void> flush(runtime::Context& context);

  postgres::Transaction lock_;
  Writer& writer_;
  CategoryPaths categories_;
  Mode mode_;
  OnRefused on_refused_;
  std::vector<Row> batch_;
  std::size_t batch_bytes_ = 0;
  // Keyed hashes of SKUs: two of a million rows share one once in 30 million imports.
  std::unordered_set<std::uint64_t> met_;
  Summary summary_;
};

}  // namespace souk::bulk
