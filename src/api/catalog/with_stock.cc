#include "api/catalog/with_stock.h"

#include <fmt/format.h>

#include "api/catalog/rendering.h"
#include "api/operation/cursor.h"
#include "http/conditional.h"

namespace souk::api {
namespace {

using cache::Found;
using cache::FoundOf;
using cache::Kind;
using runtime::Context;
using runtime::Task;

constexpr Kind kProduct{.type = &cache::kValueType<ProductWithStock>, .name = "product_with_stock"};
constexpr Kind kPage{.type = &cache::kValueType<PageWithStock>, .name = "products_with_stock"};

}  // namespace

Document document_of(const ProductWithStock& both) {
  const auto& [product, stock] = both;
  return {.bytes = std::string(body_of(StockedProduct{*product, *stock}).view()),
          .etag = fmt::format("\"{}.{}\"", product->version, stock->version)};
}

Document document_of(const PageWithStock& both) {
  const auto& items = both.page->items;
  std::vector<StockedProduct> stocked;
  stocked.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) stocked.push_back({items[i], *both.stocks[i]});
  const auto body = page_of(stocked, cursor_text(both.page->next));
  return {.bytes = std::string(body.view()), .etag = http::make_etag(body.view())};
}

Task<FoundOf<ProductWithStock>> WithStock::add_to(Context& context,
                                                  FoundOf<catalog::Product> product) {
  const cache::IdKey key(kProduct.name, product->id.value);
  if (auto entry = cache_.hit(kProduct, key.view())) {
    co_return FoundOf<ProductWithStock>{std::move(entry)};
  }
  const auto stock = co_await inventory_.stock(context, product->id);
  co_return FoundOf<ProductWithStock>{cache_.compose(
      kProduct, key.text(), cache::make_value(ProductWithStock{product.share(), stock.share()}),
      {product, stock})};
}

Task<FoundOf<PageWithStock>> WithStock::add_to(Context& context,
                                               FoundOf<catalog::ProductPage> page) {
  Buffer key;
  key.append(kPage.name);
  key.append(':');
  key.append(page.entry->key);
  if (auto entry = cache_.hit(kPage, key.view())) {
    co_return FoundOf<PageWithStock>{std::move(entry)};
  }
  std::vector<ProductId> ids;
  ids.reserve(page->items.size());
  for (const auto& product : page->items) ids.push_back(product.id);
  const auto stocks = co_await inventory_.stocks(context, std::move(ids));
  PageWithStock both{.page = page.share()};
  std::vector<Found> parts = {page};
  for (const auto& stock : stocks) {
    both.stocks.push_back(stock.share());
    parts.push_back(stock);
  }
  co_return FoundOf<PageWithStock>{cache_.compose(
      kPage, std::string(key.view()), cache::make_value(std::move(both)), std::move(parts))};
}

}  // namespace souk::api
