// The plans of slow statements in the server's own log, by its module auto_explain. Loading it
// needs rights that a role may lack; Souk works without it.
// Threading and ownership: free functions; they borrow their arguments while they run.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "postgres/pool.h"

namespace souk::postgres {

// For the start of a session; where it is not allowed it changes nothing. Neither parameters nor
// nested statements are logged.
std::string explain_sql(std::chrono::milliseconds slower_than);

// From which duration on the pool's sessions explain statements; nothing: they do not.
runtime::Task<std::optional<std::chrono::milliseconds>> explained_above(Pool& pool,
                                                                        runtime::Context& context);

std::span<const Statement* const> explaining_statements();

}  // namespace souk::postgres
