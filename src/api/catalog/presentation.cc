#include "api/catalog/presentation.h"

#include "api/catalog/rendering.h"
#include "api/operation/cursor.h"
#include "http/conditional.h"

namespace souk::api {
namespace {

cache::Document document(const Buffer& body, std::string etag) {
  return {.bytes = std::string(body.view()), .etag = std::move(etag)};
}

std::string version_tag(std::int64_t version) {
  return http::make_etag(static_cast<std::uint64_t>(version));
}

}  // namespace

cache::Document JsonPresentation::product(const catalog::Product& product) const {
  return document(body_of(product), version_tag(product.version));
}

cache::Document JsonPresentation::page(const catalog::ProductPage& page) const {
  std::optional<std::string> next;
  if (page.next) next = encode_cursor(*page.next);
  const auto body = page_of(page.items, next);
  return document(body, http::make_etag(body.view()));
}

cache::Document JsonPresentation::categories(
    const std::vector<catalog::Category>& categories) const {
  const auto body = tree_of(categories);
  return document(body, http::make_etag(body.view()));
}

cache::Document JsonPresentation::stock(const inventory::Stock& stock) const {
  return document(body_of(stock), version_tag(stock.version));
}

}  // namespace souk::api
