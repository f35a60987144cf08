#include "catalog/caching.h"

#include <fmt/format.h>

namespace souk::catalog {
namespace {

// The list without its order and bounds; also the tag of lists with the same products.
std::string list_name(const ProductQuery& query) {
  return query.category ? "category:" + query.category->value.to_string() : "products";
}

void append(const std::optional<std::int64_t>& bound, Buffer& key) {
  if (bound) key.append_integer(*bound);
}

}  // namespace

std::string product_key(ProductId id) { return cache::IdKey(kProductKind, id.value).text(); }

Buffer page_key(const ProductQuery& query) {
  Buffer key;
  key.append("products:");
  if (query.category) {
    key.append(cache::IdKey("category", query.category->value).view());
  } else {
    key.append("all");
  }
  key.append(':');
  key.append_integer(static_cast<int>(query.sort));
  key.append(':');
  append(query.min_price, key);
  key.append('-');
  append(query.max_price, key);
  key.append(':');
  if (query.currency) key.append(query.currency->text());
  key.append(':');
  key.append_unsigned(query.limit);
  if (query.after) {
    key.append(fmt::format(":after:{}:{}", query.after->key, query.after->id.value.to_string()));
  }
  if (!query.search.empty()) {
    key.append(":q:");
    key.append(query.search);
  }
  return key;
}

std::vector<std::string> page_tags(const ProductQuery& query, const ProductPage& page) {
  std::vector<std::string> tags;
  tags.reserve(page.items.size() + 4);
  tags.push_back(list_name(query));
  if (query.category) tags.emplace_back("categories");  // of those below it
  if (compares_prices(query) || query.currency) {
    tags.push_back(query.category ? list_name(query) + ":prices" : "prices");
  }
  if (!query.search.empty()) tags.emplace_back("search");
  for (const auto& product : page.items) tags.push_back(product_key(product.id));
  return tags;
}

}  // namespace souk::catalog
