// The current versions of the rows of cached products and stocks, for the prober.
// Threading: one loop. Ownership: borrows pool and context while it runs.
#pragma once

#include "cache/follower/follower.h"

namespace souk::app {

runtime::Task<std::vector<std::optional<cache::RowVersion>>> row_versions(
    postgres::Pool& pool, runtime::Context& context, std::vector<cache::EntryPtr> entries);

}  // namespace souk::app
