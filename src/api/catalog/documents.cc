#include "api/catalog/documents.h"

#include <fmt/format.h>

#include "api/catalog/rendering.h"
#include "api/operation/cursor.h"
#include "http/conditional.h"

namespace souk::api {

using cache::Rendering;

namespace {

std::string version_tag(std::int64_t version) {
  return http::make_etag(static_cast<std::uint64_t>(version));
}

Rendering tagged(const Buffer& body, std::string etag) {
  return {.key = kPlainJson, .bytes = std::string(body.view()), .etag = std::move(etag)};
}

Rendering tagged_by_content(const Buffer& body) {
  return tagged(body, http::make_etag(body.view()));
}

}  // namespace

Rendering document_of(const catalog::Product& product) {
  return tagged(body_of(product), version_tag(product.version));
}

Rendering document_of(const catalog::ProductPage& page) {
  return tagged_by_content(page_of(page.items, cursor_text(page.next), page.bounded));
}

Rendering document_of(const std::vector<catalog::Category>& categories) {
  return tagged_by_content(tree_of(categories));
}

Rendering document_of(const inventory::Stock& stock) {
  return tagged(body_of(stock), version_tag(stock.version));
}

Rendering document_of(const catalog::Product& product, const inventory::Stock& stock) {
  return tagged(body_of(StockedProduct{product, stock}),
                fmt::format("\"{}.{}\"", product.version, stock.version));
}

Rendering document_of(const catalog::ProductPage& page,
                      const std::vector<const inventory::Stock*>& stocks) {
  std::vector<StockedProduct> stocked;
  stocked.reserve(stocks.size());
  for (std::size_t i = 0; i < stocks.size(); ++i) stocked.push_back({page.items[i], *stocks[i]});
  return tagged_by_content(page_of(stocked, cursor_text(page.next), page.bounded));
}

}  // namespace souk::api
