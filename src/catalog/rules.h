// Validation of products and queries; pure, so that all callers get the same errors.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "catalog/types.h"

namespace souk::catalog::rules {

// Why it is not a valid SKU; nothing when it is.
std::optional<std::string> sku_problem(std::string_view sku);

// Errors: validation_failed naming every wrong member by JSON pointer.
Result<> check(const ProductDraft& draft);
Result<> check(const ProductPatch& patch);
Result<> check(const CategoryDraft& draft);
Result<> check(const CategoryPatch& patch);
// By query parameter.
Result<> check(const ProductQuery& query);

// Finds the product in `items`, which are sorted by id and own it. Errors: unknown_product, also
// when it is not active.
Result<const SaleItem*> for_sale(std::span<const SaleItem> items, ProductId id);

}  // namespace souk::catalog::rules
