// Sessions for load tests and for the demo's admin, and the files their tokens are written to.
// Threading: blocks. Ownership: borrows the connection.
#pragma once

#include "base/error.h"
#include "postgres/blocking.h"
#include "seed/seed.h"

namespace souk::seed {

// What to do when there is no user for a file.
enum class WhereNobodyIs : std::uint8_t { kRefuse, kEmptyFile };

// issue_tokens() of seed.h inside the caller's transaction. Tokens are random, whatever the seed;
// times are the database's.
Result<> issue_tokens(postgres::BlockingConnection& database, const TokenFiles& files,
                      WhereNobodyIs nobody);

// Replaces a file atomically, readable by its owner only.
// Errors: kInternal, naming the file and the reason.
Result<> write_private_file(const std::filesystem::path& path, std::string_view text);

}  // namespace souk::seed
