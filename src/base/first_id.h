// Rows of a time, found by the ids that they were given then (UUIDv7, RFC 9562 section 5.7).
// Threading: pure functions.
#pragma once

#include "base/clock.h"
#include "base/uuid.h"

namespace souk {

// The least id of that time or later; times before 1970 are taken for it.
Uuid first_id(Timestamp time);

}  // namespace souk
