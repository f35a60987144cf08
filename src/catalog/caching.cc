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
  // By their names, so that a new member does not compile before it is in the key: without it, a
  // query would be answered with another's page.
  const auto& [category, search, sku, ids, in_stock, min_price, max_price, currency, sort, limit,
               after] = query;
  Buffer key;
  key.append("products:");
  if (category) {
    key.append(cache::IdKey("category", category->value).view());
  } else {
    key.append("all");
  }
  key.append(':');
  key.append_integer(static_cast<int>(sort));
  key.append(':');
  append(min_price, key);
  key.append('-');
  append(max_price, key);
  key.append(':');
  if (currency) key.append(currency->text());
  key.append(':');
  key.append_unsigned(limit);
  if (after) {
    key.append(fmt::format(":after:{}:{}", after->key, after->id.value.to_string()));
  }
  if (in_stock) key.append(":stock");
  for (const auto& id : ids) {
    key.append(':');
    key.append(id.value.to_string());
  }
  if (sku) {
    key.append(":sku:");
    key.append(*sku);
  }
  if (!search.empty()) {
    key.append(":q:");
    key.append(search);
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
  if (query.sku) tags.emplace_back("skus");
  for (const auto& product : page.items) tags.push_back(product_key(product.id));
  return tags;
}

}  // namespace souk::catalog
