#include "api/catalog/documents.h"

#include "api/catalog/rendering.h"
#include "api/operation/cursor.h"
#include "http/conditional.h"

namespace souk::api {
namespace {

std::string version_tag(std::int64_t version) {
  return http::make_etag(static_cast<std::uint64_t>(version));
}

Document tagged_by_content(const Buffer& body) {
  return {.bytes = std::string(body.view()), .etag = http::make_etag(body.view())};
}

}  // namespace

Document document_of(const catalog::Product& product) {
  return {.bytes = std::string(body_of(product).view()), .etag = version_tag(product.version)};
}

Document document_of(const catalog::ProductPage& page) {
  return tagged_by_content(page_of(page.items, cursor_text(page.next)));
}

Document document_of(const std::vector<catalog::Category>& categories) {
  return tagged_by_content(tree_of(categories));
}

Document document_of(const inventory::Stock& stock) {
  return {.bytes = std::string(body_of(stock).view()), .etag = version_tag(stock.version)};
}

}  // namespace souk::api
