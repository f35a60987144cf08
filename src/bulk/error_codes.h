// The refusals that only imports know.
// Threading: constants.
#pragma once

#include "base/error.h"

namespace souk::bulk::errors {

inline constexpr ErrorInfo kImportRunning{
    "import_running", 409, "The shop has one import at a time; another one is running."};

}  // namespace souk::bulk::errors
