// What a product and a query may look like; pure, so that every caller is told the same.
#pragma once

#include <span>

#include "base/error.h"
#include "catalog/types.h"

namespace souk::catalog::rules {

// Errors: validation_failed naming every member that is wrong, by JSON pointer.
Result<> check(const ProductDraft& draft);
Result<> check(const ProductPatch& patch);
// By query parameter.
Result<> check(const ProductQuery& query);

// The product among `items`, which are sorted by id and own it. Errors: unknown_product, also where
// it is not for sale.
Result<const SaleItem*> for_sale(std::span<const SaleItem> items, ProductId id);

}  // namespace souk::catalog::rules
