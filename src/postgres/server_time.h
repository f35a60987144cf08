// The time that stored times are compared with: the database's.
// Threading: blocks; not for an event loop.
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "postgres/blocking.h"

namespace souk::postgres {

// Of the current transaction. Errors: those of BlockingConnection.
Result<Timestamp> server_time(BlockingConnection& database);

}  // namespace souk::postgres
