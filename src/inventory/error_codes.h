// The refusals that only the stock knows.
// Threading: constants.
#pragma once

#include "base/error.h"

namespace souk::inventory::errors {

inline constexpr ErrorInfo kOutOfStock{
    "out_of_stock", 409, "Too few units are left; `lines` names the lines concerned."};

}  // namespace souk::inventory::errors
