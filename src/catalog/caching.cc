#include "catalog/caching.h"

#include <fmt/format.h>

namespace souk::catalog {
namespace {

// The list without its order and bounds; also the tag of what is in it at all.
std::string list_name(const ProductQuery& query) {
  return query.category ? "category:" + query.category->value.to_string() : "products";
}

bool depends_on_prices(const ProductQuery& query) {
  return query.min_price || query.max_price || query.sort == ProductSort::kPriceAscending ||
         query.sort == ProductSort::kPriceDescending;
}

std::string text_of(const std::optional<std::int64_t>& bound) {
  return bound ? std::to_string(*bound) : "";
}

}  // namespace

std::string product_key(ProductId id) { return "product:" + id.value.to_string(); }

std::string page_key(const ProductQuery& query) {
  auto key =
      fmt::format("products:{}:{}:{}-{}:{}", query.category ? list_name(query) : std::string("all"),
                  static_cast<int>(query.sort), text_of(query.min_price), text_of(query.max_price),
                  query.limit);
  if (query.after) {
    key += fmt::format(":after:{}:{}", query.after->key, query.after->id.value.to_string());
  }
  if (!query.search.empty()) key += ":q:" + query.search;
  return key;
}

std::vector<std::string> page_tags(const ProductQuery& query, const ProductPage& page) {
  std::vector<std::string> tags;
  tags.reserve(page.items.size() + 4);
  tags.push_back(list_name(query));
  if (query.category) tags.emplace_back("categories");  // of those below it
  if (depends_on_prices(query)) {
    tags.push_back(query.category ? list_name(query) + ":prices" : "prices");
  }
  if (!query.search.empty()) tags.emplace_back("search");
  for (const auto& product : page.items) tags.push_back(product_key(product.id));
  return tags;
}

}  // namespace souk::catalog
