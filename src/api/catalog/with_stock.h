// Products with their stock (include=stock): renderings composed of cached values and cached
// themselves. A change of any part invalidates the whole.
//
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "cache/hybrid/hybrid_cache.h"
#include "catalog/caching.h"
#include "inventory/inventory.h"

namespace souk::api {

class WithStock {
 public:
  WithStock(cache::HybridCache& cache, inventory::Inventory& inventory)
      : cache_(cache), inventory_(inventory) {}

  // At most one statement each, none if the stocks are cached.
  runtime::Task<Result<cache::Found>> add_to(runtime::Context& context,
                                             cache::FoundOf<catalog::Product> product);
  runtime::Task<Result<cache::Found>> add_to(runtime::Context& context,
                                             cache::FoundOf<catalog::ProductPage> page);

 private:
  cache::HybridCache& cache_;
  inventory::Inventory& inventory_;
};

}  // namespace souk::api
