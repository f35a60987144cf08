// The refusals that only the catalogue knows.
// Threading: constants.
#pragma once

#include "base/error.h"

namespace souk::catalog::errors {

inline constexpr ErrorInfo kUnknownProduct{
    "unknown_product", 422, "A line names a product that does not exist or is not for sale."};
inline constexpr ErrorInfo kUnknownCategory{"unknown_category", 422,
                                            "The category does not exist."};
inline constexpr ErrorInfo kCategoryTaken{
    "category_taken", 409, "Another category has the slug, or a sibling has the name."};
inline constexpr ErrorInfo kCategoryLoop{
    "category_loop", 409, "The category would be below itself, or too deep in the tree."};
inline constexpr ErrorInfo kCategoryNotEmpty{"category_not_empty", 409,
                                             "The category still has products or subcategories."};
inline constexpr ErrorInfo kSearchBusy{"search_busy", 503,
                                       "Too many searches are running; try again later."};
inline constexpr ErrorInfo kSearchTooLong{
    "search_too_long", 503,
    "The search took longer than searches may; fewer or rarer words are quicker."};

}  // namespace souk::catalog::errors
