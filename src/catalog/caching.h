// Cached types of the catalogue, with their keys and tags. The triggers of
// migrations/0046_search.sql use the same tags.
// Threading: plain values and pure functions.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "base/buffer.h"
#include "cache/entry.h"
#include "cache/id_key.h"
#include "catalog/types.h"

namespace souk::catalog {

inline constexpr std::string_view kTopic = "catalog";
inline constexpr std::string_view kProductKind = "product";

// The members of the values (cache/codec.h).
auto members(cache::Of<Product> auto& p) {
  return std::tie(p.id, p.sku, p.name, p.description, p.category_id, p.price, p.is_active,
                  p.version);
}
auto members(cache::Of<ProductCursor> auto& c) { return std::tie(c.sort, c.key, c.id); }
auto members(cache::Of<ProductPage> auto& p) { return std::tie(p.items, p.next, p.bounded); }
auto members(cache::Of<Currencies> auto& c) { return std::tie(c.in_use, c.main); }
auto members(cache::Of<Category> auto& c) {
  return std::tie(c.id, c.parent_id, c.name, c.slug, c.position, c.version);
}

using Categories = std::vector<Category>;

struct Caching {
  cache::Kind product{.type = &cache::kValueType<Product>,
                      .name = kProductKind,
                      .topic = kTopic,
                      .redis_ttl = std::chrono::milliseconds(1'800'000)};
  cache::Kind products{.type = &cache::kValueType<ProductPage>,
                       .name = "products",
                       .topic = kTopic,
                       .tagged_by_loader = true};
  cache::Kind categories{
      .type = &cache::kValueType<Categories>, .name = "categories", .topic = kTopic};
  cache::Kind currencies{.type = &cache::kValueType<Currencies>,
                         .name = "currencies",
                         .topic = kTopic,
                         .tagged_by_loader = true};
};

inline constexpr std::string_view kCategoriesKey = "categories";
inline constexpr std::string_view kCurrenciesKey = "currencies";
std::string product_key(ProductId id);  // product:ID
// products:category:ID:... or products:all:..., the same for all equivalent queries.
Buffer page_key(const ProductQuery& query);
// Tags of everything that can change the page: its products, and changes that bring others onto it.
std::vector<std::string> page_tags(const ProductQuery& query, const ProductPage& page);

}  // namespace souk::catalog
