// The list of all operations.
// Threading: pure functions.
#pragma once

#include <vector>

#include "api/operation/operation.h"

namespace souk::api {

// Every operation, by path and method.
std::vector<const Operation*> all_operations();

}  // namespace souk::api
