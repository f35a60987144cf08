// The columns of a product in a statement's result, and their reader; the table's alias is p.
// Threading: constants.
#pragma once

#include "catalog/types.h"
#include "postgres/rows.h"

#define SOUK_PRODUCT_COLUMNS \
  "p.id, p.sku, p.name, p.description, p.category_id, p.price, p.currency, p.is_active, p.version"

namespace souk::catalog::store {

inline constexpr auto kProductRow = postgres::row_of(
    &Product::id, &Product::sku, &Product::name, &Product::description, &Product::category_id,
    &Product::price, &Product::is_active, &Product::version);

}  // namespace souk::catalog::store
