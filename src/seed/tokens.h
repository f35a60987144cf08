// Sessions for load tests and for the demo's admin, and the files their tokens are written to.
// Threading: blocks. Ownership: borrows the connection.
#pragma once

#include "base/error.h"
#include "postgres/blocking.h"
#include "seed/seed.h"

namespace souk::seed {

// What becomes of a file for whose tokens there is no user.
enum class WhereNobodyIs : std::uint8_t { kRefuse, kEmptyFile };

// issue_tokens() of seed.h inside the caller's transaction. The tokens are the system's randomness,
// whatever the seed; the times are the database's.
Result<> issue_tokens(postgres::BlockingConnection& database, const TokenFiles& files,
                      WhereNobodyIs nobody);

// Replaces a file as a whole or not at all, readable by its owner only.
// Errors: kInternal, saying which file and why.
Result<> write_private_file(const std::filesystem::path& path, std::string_view text);

}  // namespace souk::seed
