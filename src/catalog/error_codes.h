// The refusals that only the catalogue knows.
// Threading: constants.
#pragma once

#include "base/error.h"

namespace souk::catalog::errors {

inline constexpr ErrorInfo kUnknownProduct{
    "unknown_product", 422, "A line names a product that does not exist or is not for sale."};
inline constexpr ErrorInfo kUnknownCategory{"unknown_category", 422,
                                            "The category does not exist."};

}  // namespace souk::catalog::errors
