#include "api/catalog/managed_routes.h"

#include "api/catalog/documents.h"
#include "api/catalog/rendering.h"
#include "api/operation/cursor.h"
#include "api/wire/wire.h"

namespace souk::api {

void ManagedRoutes::add_to(Routes& routes) {
  routes.add(kManageProducts, *this, &ManagedRoutes::list);
}

void ManagedRoutes::list_operations(std::vector<const Operation*>& operations) {
  operations.push_back(&kManageProducts);
}

Answer ManagedRoutes::list(runtime::Context& context, const http::Request&,
                           ManagedListing listing) {
  catalog::ManagedQuery query{
      .category = listing.category, .search = std::move(listing.search), .limit = listing.limit};
  if (listing.is_active) query.is_active = *listing.is_active == Sale::kYes;
  if (listing.cursor) {
    query.after = decode_product_cursor(*listing.cursor, catalog::ProductSort::kNewest);
    if (!query.after) co_return refuse_cursor();
  }
  const auto page = co_await managed_.list(context, std::move(query));
  if (!page) co_return std::unexpected(page.error());
  std::vector<ProductId> ids;
  for (const auto& product : page->items) ids.push_back(product.id);
  const auto stocks = co_await ledger_.stocks(context, std::move(ids));
  std::vector<StockedProduct> stocked;
  for (std::size_t i = 0; i < stocks.size(); ++i) stocked.push_back({page->items[i], stocks[i]});
  co_return http::json(200, page_of(stocked, cursor_text(page->next)));
}

}  // namespace souk::api
