#include "bulk/import.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "bulk/error_codes.h"
#include "catalog/bulk_store.h"
#include "catalog/store.h"

namespace souk::bulk {
namespace {

using runtime::Context;
using runtime::Task;

std::size_t bytes_of(const Row& row) {
  const auto size = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
  return sizeof(Row) + row.sku.size() + size(row.patch.name) + size(row.patch.description);
}

}  // namespace

Task<Result<Import>> Import::begin(Context& context, Writer& writer, Mode mode,
                                   OnRefused on_refused) {
  auto lock = co_await writer.pool().begin(context);
  const auto [locked] = co_await lock.pipeline(catalog::bulk_store::try_to_lock_imports());
  if (!catalog::bulk_store::read_locked_imports(locked)) {
    co_return fail(errors::kImportRunning, "another import is running");
  }
  CategoryPaths categories(co_await catalog::store::categories(writer.pool(), context));
  co_return Import(std::move(lock), writer, std::move(categories), mode, std::move(on_refused));
}

void Import::resolve(Row& row) {
  if (row.problem) return;
  if (row.category) {
    if (mode_.creates_categories) {
      if (auto id = categories_.find_or_plan(*row.category, writer_.ids())) {
        row.patch.category_id = *id;
      } else {
        row.problem = Problem{"category", std::move(id.error())};
      }
    } else {
      row.patch.category_id = categories_.find(*row.category);
      if (!row.patch.category_id) row.problem = Problem{"category", "there is no such category"};
    }
    row.category.reset();  // may be as long as a row, and is kept in the batch otherwise
  }
  if (!row.sku.empty() && !met_.insert(keyed_hash(row.sku)).second) {
    row.problem = Problem{"sku", "an earlier row has the same"};
  }
}

Task<Result<>> Import::add(Context& context, std::vector<Row>& rows) {
  for (auto& row : rows) {
    if (++summary_.rows > kMaxImportRows) {
      co_return fail(
          ErrorCode::kValidationFailed,
          fmt::format("a file has at most {} rows; the ones before are imported", kMaxImportRows));
    }
    resolve(row);
    batch_bytes_ += bytes_of(row);
    batch_.push_back(std::move(row));
    if (batch_.size() == kMaxBatchRows || batch_bytes_ >= kMaxBatchBytes) co_await flush(context);
  }
  rows.clear();
  co_return Result<>();
}

Task<Summary> Import::end(Context& context) {
  co_await flush(context);
  co_await lock_.rollback();
  co_return summary_;
}

Task<void> Import::flush(Context& context) {
  const auto verdicts = co_await writer_.apply(context, batch_, mode_, &categories_);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const auto& [outcome, id, problem] = verdicts[i];
    ++summary_.outcomes.at(static_cast<std::size_t>(outcome));
    if (outcome == Outcome::kRefused) on_refused_(batch_[i], problem);
  }
  summary_.new_categories = categories_.made();
  batch_.clear();
  batch_bytes_ = 0;
}

}  // namespace souk::bulk
