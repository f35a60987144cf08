// Users, as administrators look them up.
// Threading and ownership: free functions; they borrow their arguments while they run. All throw
// Unavailable.
#pragma once

#include <optional>
#include <span>

#include "accounts/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::accounts::directory {

std::span<const postgres::Statement* const> statements();

// REQUIRES: an address in lower case.
runtime::Task<UserPage> list(postgres::Pool& pool, runtime::Context& context,
                             const UserQuery& query);
runtime::Task<std::optional<UserRecord>> find(postgres::Pool& pool, runtime::Context& context,
                                              UserId id);

}  // namespace souk::accounts::directory
