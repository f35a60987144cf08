// JSON of products and categories that needs more than a type's description.
// Threading: pure functions.
#pragma once

#include "api/catalog/types.h"
#include "api/wire/wire.h"

namespace souk::api {

// A product with its stock.
struct StockedProduct {
  const catalog::Product& product;
  const inventory::Stock& stock;
};
template <>
void write(JsonWriter& json, const StockedProduct& stocked);

// The tree as nested lists. `categories`: parents before children, siblings in their order.
Buffer tree_of(const std::vector<catalog::Category>& categories);

}  // namespace souk::api
