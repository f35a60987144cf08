// Checks that a server meets Souk's requirements; run once before it is used.
// Threading: blocks; never on an event loop. Ownership: free functions.
#pragma once

#include <string>

#include "base/error.h"
#include "postgres/blocking.h"

namespace souk::postgres {

inline constexpr int kOldestServer = 15;  // the major version that Souk supports

struct ServerFacts {
  int version = 0;  // server_version_num: 150004 is 15.4
  std::string database;
  std::string encoding;  // of the database
};
// Errors: kPreconditionFailed with a sentence that names the required change.
Result<> check(const ServerFacts& facts);

// Queries and checks the server; also that a connection keeps its session, which a pooler may share
// among its clients. Errors: kPreconditionFailed as above; kUnavailable when the server is
// unreachable, which may be temporary.
Result<> check_server(const std::string& conninfo);
// The same with an open connection; `conninfo` is what it was opened with, and is used to open
// another within the same limit.
Result<> check_server(BlockingConnection& database, const std::string& conninfo);

}  // namespace souk::postgres
