// Every code that a client may be answered with. Each is declared by the module whose rule it is.
// Threading: constants.
#pragma once

#include <span>

#include "base/error.h"

namespace souk::api {

// In the order of the reference page.
std::span<const ErrorCode> error_codes();

}  // namespace souk::api
