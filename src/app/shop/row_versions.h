// What the rows behind cached products and stocks are now: the prober's look into the database.
// Threading: a loop's. Ownership: borrows pool and context for as long as it runs.
#pragma once

#include "cache/follower/follower.h"

namespace souk::app {

runtime::Task<std::vector<std::optional<cache::RowVersion>>> row_versions(
    postgres::Pool& pool, runtime::Context& context, std::vector<cache::EntryPtr> entries);

}  // namespace souk::app
