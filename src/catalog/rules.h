// What a product and a query may look like; pure, so that every caller is told the same.
#pragma once

#include "base/error.h"
#include "catalog/types.h"

namespace souk::catalog::rules {

// Errors: validation_failed naming every member that is wrong, by JSON pointer.
Result<> check(const ProductDraft& draft);
Result<> check(const ProductPatch& patch);
// By query parameter.
Result<> check(const ProductQuery& query);

}  // namespace souk::catalog::rules
