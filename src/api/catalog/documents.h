// The JSON and the entity tag (RFC 9110 section 8.8.3) of cached values. Threading: pure functions.
#pragma once

#include <vector>

#include "cache/rendering.h"
#include "catalog/types.h"
#include "inventory/types.h"

namespace souk::api {

inline constexpr cache::RenderingKey kPlainJson{};

cache::Rendering document_of(const catalog::Product& product);
cache::Rendering document_of(const catalog::ProductPage& page);
cache::Rendering document_of(const std::vector<catalog::Category>& categories);
cache::Rendering document_of(const inventory::Stock& stock);

// With include=stock. `stocks`: in the order of the page's items.
cache::Rendering document_of(const catalog::Product& product, const inventory::Stock& stock);
cache::Rendering document_of(const catalog::ProductPage& page,
                             const std::vector<const inventory::Stock*>& stocks);

}  // namespace souk::api
