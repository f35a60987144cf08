// /api/products, their stock, and /api/categories.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/catalog/cached_responses.h"
#include "api/catalog/queries.h"
#include "api/catalog/types.h"
#include "api/catalog/with_stock.h"
#include "api/operation/routes.h"
#include "catalog/catalog.h"
#include "inventory/inventory.h"

namespace souk::api {

class CatalogRoutes {
 public:
  CatalogRoutes(catalog::Catalog& catalog, inventory::Inventory& inventory,
                cache::HybridCache& cache, CachedResponses& responses)
      : catalog_(catalog),
        inventory_(inventory),
        with_stock_(cache, inventory),
        responses_(responses) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer list(runtime::Context& context, const http::Request& request, ProductListing listing);
  Answer create(runtime::Context& context, const http::Request& request,
                catalog::ProductDraft draft);
  Answer get(runtime::Context& context, const http::Request& request, ProductView view);
  Answer replace(runtime::Context& context, const http::Request& request,
                 ProductReplacement product);
  Answer change(runtime::Context& context, const http::Request& request,
                catalog::ProductPatch patch);
  Answer deactivate(runtime::Context& context, const http::Request& request);
  Answer get_stock(runtime::Context& context, const http::Request& request);
  Answer set_stock(runtime::Context& context, const http::Request& request, StockLevel level);
  Answer categories(runtime::Context& context, const http::Request& request);
  Answer get_category(runtime::Context& context, const http::Request& request);
  Answer create_category(runtime::Context& context, const http::Request& request,
                         catalog::CategoryDraft draft);
  Answer change_category(runtime::Context& context, const http::Request& request,
                         catalog::CategoryPatch patch);
  Answer delete_category(runtime::Context& context, const http::Request& request);

  // Applies `patch`, if the product has the version that the request expects, and `version`.
  runtime::Task<Result<catalog::Product>> update(runtime::Context& context,
                                                 const http::Request& request,
                                                 catalog::ProductPatch patch,
                                                 std::optional<std::int64_t> version = {});

  catalog::Catalog& catalog_;
  inventory::Inventory& inventory_;
  WithStock with_stock_;
  CachedResponses& responses_;
};

}  // namespace souk::api
