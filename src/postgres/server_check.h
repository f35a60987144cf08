// Whether a server can hold a shop at all: asked once, by whoever begins to use one.
// Threading: blocks; never on an event loop. Ownership: free functions.
#pragma once

#include <string>

#include "base/error.h"
#include "postgres/blocking.h"

namespace souk::postgres {

inline constexpr int kOldestServer = 15;  // the major version that Souk is written and tested for

struct ServerFacts {
  int version = 0;  // server_version_num: 150004 is 15.4
  std::string database;
  std::string encoding;  // of the database
};
// Errors: kPreconditionFailed with a sentence that says what to change.
Result<> check(const ServerFacts& facts);

// Asks the server and checks what it says; and that a connection keeps its session, which a pooler
// may share among its clients. Errors: kPreconditionFailed as above; kUnavailable where the server
// cannot be reached, which may pass.
Result<> check_server(const std::string& conninfo);
// The same over a connection that is open; `conninfo` is what it was opened with, and opens
// another within the same limit.
Result<> check_server(BlockingConnection& database, const std::string& conninfo);

}  // namespace souk::postgres
