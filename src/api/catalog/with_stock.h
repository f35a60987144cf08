// Products with their stock (include=stock), composed of cached entries and cached itself: the
// parts are shared, and a change of any part invalidates the whole.
//
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <memory>
#include <tuple>
#include <vector>

#include "api/catalog/documents.h"
#include "cache/hybrid/hybrid_cache.h"
#include "catalog/caching.h"
#include "inventory/inventory.h"

namespace souk::api {

struct ProductWithStock {
  std::shared_ptr<const catalog::Product> product;
  std::shared_ptr<const inventory::Stock> stock;
};
struct PageWithStock {
  std::shared_ptr<const catalog::ProductPage> page;
  std::vector<std::shared_ptr<const inventory::Stock>> stocks;  // in the order of the page's items
};
auto members(cache::Of<ProductWithStock> auto& p) { return std::tie(p.product, p.stock); }
auto members(cache::Of<PageWithStock> auto& p) { return std::tie(p.page, p.stocks); }

Document document_of(const ProductWithStock& product);
Document document_of(const PageWithStock& page);

class WithStock {
 public:
  WithStock(cache::HybridCache& cache, inventory::Inventory& inventory)
      : cache_(cache), inventory_(inventory) {}

  // At most one statement each, none if the stocks are cached.
  runtime::Task<cache::FoundOf<ProductWithStock>> add_to(runtime::Context& context,
                                                         cache::FoundOf<catalog::Product> product);
  runtime::Task<cache::FoundOf<PageWithStock>> add_to(runtime::Context& context,
                                                      cache::FoundOf<catalog::ProductPage> page);

 private:
  cache::HybridCache& cache_;
  inventory::Inventory& inventory_;
};

}  // namespace souk::api
