#include "api/catalog/with_stock.h"

#include "api/catalog/documents.h"

namespace souk::api {
namespace {

using cache::Found;
using cache::FoundOf;
using cache::Kind;
using runtime::Context;
using runtime::Task;

constexpr Kind kProduct{.name = "product_with_stock"};
constexpr Kind kPage{.name = "products_with_stock"};

}  // namespace

Task<Result<Found>> WithStock::add_to(Context& context, FoundOf<catalog::Product> product) {
  const cache::IdKey key(kProduct.name, product->id.value);
  if (auto entry = cache_.hit(kProduct, key.view())) co_return Found{std::move(entry)};
  const auto stock = co_await inventory_.stock(context, product->id);
  if (!stock) co_return std::unexpected(stock.error());
  co_return cache_.compose(kProduct, key.text(), document_of(*product, **stock), {product, *stock});
}

Task<Result<Found>> WithStock::add_to(Context& context, FoundOf<catalog::ProductPage> page) {
  Buffer key;
  key.append(kPage.name);
  key.append(':');
  key.append(page.entry->key);
  if (auto entry = cache_.hit(kPage, key.view())) co_return Found{std::move(entry)};
  std::vector<ProductId> ids;
  ids.reserve(page->items.size());
  for (const auto& product : page->items) ids.push_back(product.id);
  const auto found = co_await inventory_.stocks(context, std::move(ids));
  if (!found) co_return std::unexpected(found.error());
  std::vector<const inventory::Stock*> stocks;
  std::vector<Found> parts = {page};
  for (const auto& stock : *found) {
    stocks.push_back(&*stock);
    parts.push_back(stock);
  }
  co_return cache_.compose(kPage, std::string(key.view()), document_of(*page, stocks),
                           std::move(parts));
}

}  // namespace souk::api
