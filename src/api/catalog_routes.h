// /api/products, their stock, and /api/categories.
// Threading: one per worker. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include "api/cached_responses.h"
#include "api/operation.h"
#include "catalog/catalog.h"
#include "inventory/inventory.h"

namespace souk::api {

class JsonInput;

class CatalogRoutes {
 public:
  CatalogRoutes(catalog::Catalog& catalog, inventory::Inventory& inventory, JsonInput& json,
                CachedResponses& responses)
      : catalog_(catalog), inventory_(inventory), json_(json), responses_(responses) {}

  void add_to(http::Routers& routers);

 private:
  Answer list(runtime::Context& context, const http::Request& request);
  Answer list_with_stock(runtime::Context& context, catalog::ProductQuery query);
  Answer create(runtime::Context& context, const http::Request& request);
  Answer get(runtime::Context& context, const http::Request& request);
  Answer replace(runtime::Context& context, const http::Request& request);
  Answer change(runtime::Context& context, const http::Request& request);
  Answer deactivate(runtime::Context& context, const http::Request& request);
  Answer get_stock(runtime::Context& context, const http::Request& request);
  Answer set_stock(runtime::Context& context, const http::Request& request);
  Answer categories(runtime::Context& context, const http::Request& request);

  // The product after `patch`, if it is of the version the request expects.
  runtime::Task<Result<catalog::Product>> update(runtime::Context& context,
                                                 const http::Request& request,
                                                 catalog::ProductPatch patch);

  catalog::Catalog& catalog_;
  inventory::Inventory& inventory_;
  JsonInput& json_;
  CachedResponses& responses_;
};

}  // namespace souk::api
