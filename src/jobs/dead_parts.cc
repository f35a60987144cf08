#include "jobs/dead_parts.h"

#include <new>

#include "base/utf8.h"
#include "jobs/metrics.h"
#include "jobs/runner.h"
#include "jobs/store.h"

namespace souk::jobs {
namespace {

bool blames_items(const std::exception& error) {
  if (const auto* const refused = dynamic_cast<const postgres::StatementError*>(&error)) {
    return refused->blames_values();
  }
  return dynamic_cast<const Failure*>(&error) == nullptr &&
         dynamic_cast<const std::bad_alloc*>(&error) == nullptr;
}

bool is_for_a_lock(const std::exception& error) {
  const auto* const refused = dynamic_cast<const postgres::StatementError*>(&error);
  return refused != nullptr && refused->lock_not_available();
}

}  // namespace

bool blames_items(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return blames_items(error);
  } catch (...) {
    return false;
  }
}

std::string why_refused(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    if (!blames_items(error) || is_for_a_lock(error)) throw;
    return error.what();
  }
}

runtime::Task<void> bury(postgres::Pool& pool, telemetry::Registry& registry, const Job& part,
                         std::string_view reason) {
  runtime::Context context{.deadline = std::chrono::steady_clock::now() + kBuryTimeout};
  const auto error = clean_utf8(reason, Runner::kMaxErrorLength);
  co_await store::bury(pool, context, part, error);
  registry.cell(kMetrics.attempts, {part.kind, "dead"}).increment();
}

}  // namespace souk::jobs
