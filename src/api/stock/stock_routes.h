// The stock's books: adjustments, movements, what is running out.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/operation/routes.h"
#include "api/stock/operations.h"
#include "catalog/catalog.h"
#include "inventory/ledger.h"

namespace souk::api {

class StockRoutes {
 public:
  StockRoutes(inventory::Ledger& ledger, catalog::Catalog& catalog)
      : ledger_(ledger), catalog_(catalog) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer adjust(runtime::Context& context, const http::Request& request, IdempotencyKey key,
                AdjustmentRequest wanted);
  Answer movements(runtime::Context& context, const http::Request& request,
                   MovementListing listing);
  Answer low(runtime::Context& context, const http::Request& request, LowStockListing listing);

  inventory::Ledger& ledger_;
  catalog::Catalog& catalog_;
};

}  // namespace souk::api
