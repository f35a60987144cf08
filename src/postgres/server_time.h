// The time that stored times are compared with, and ids are made of: the database's.
// Threading: blocks; not for an event loop.
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "postgres/blocking.h"

namespace souk::postgres {

// Of the current transaction. Errors: those of BlockingConnection.
Result<Timestamp> server_time(BlockingConnection& database);
// For a new row. Errors: as above.
Result<Uuid> new_id(BlockingConnection& database);

}  // namespace souk::postgres
