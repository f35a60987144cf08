// All SQL of statistics.
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
#pragma once

#include <span>
#include <string>

#include "base/uuid.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::statistics::store {

std::span<const postgres::Statement* const> statements();

// Adds the events (jobs::event_json) to the figures, each once however often it comes; one
// statement. Forgets a few of those before `forget_before`. Throws StatementError where one of them
// is not an event, and postgres::Unavailable and its kin.
runtime::Task<void> record(postgres::Pool& pool, runtime::Context& context,
                           std::span<const std::string> events, const Uuid& forget_before);

}  // namespace souk::statistics::store
