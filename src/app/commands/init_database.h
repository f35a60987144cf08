// The first step of `souk init`: a database in which the tables can be created.
// Threading: the main thread. Blocks.
#pragma once

#include <string>

#include "base/error.h"

namespace souk::app {

// Creates the database that `conninfo` names, if the server does not have it; true: it did so.
// Errors: kPreconditionFailed, with the statement to run and by whom, when the role may not create
// it, or may not create tables in it; as BlockingConnection when the server cannot be reached.
Result<bool> ensure_database(const std::string& conninfo);

}  // namespace souk::app
