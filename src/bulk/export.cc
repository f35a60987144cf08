#include "bulk/export.h"

#include <unordered_map>

#include "catalog/bulk_store.h"
#include "catalog/store.h"
#include "inventory/counts_store.h"

namespace souk::bulk {

using runtime::Context;
using runtime::Task;

namespace products = catalog::bulk_store;

Task<Export> Export::begin(postgres::Pool& pool, Context& context) {
  auto categories = CategoryPaths(co_await catalog::store::categories(pool, context));
  co_return Export(co_await pool.begin(context, postgres::Isolation::kSnapshot),
                   std::move(categories));
}

Task<std::vector<Shown>> Export::next() {
  std::vector<Shown> page;
  const auto [rows] = co_await snapshot_.pipeline(products::next_with_sku(last_sku_));
  auto found = products::read_products(rows);
  if (found.empty()) co_return page;
  std::vector<ProductId> ids;
  for (const auto& product : found) ids.push_back(product.id);
  const auto [stock_rows] = co_await snapshot_.pipeline(inventory::counts_store::find(ids));
  std::unordered_map<ProductId, std::int64_t> on_hand;
  for (const auto& stock : inventory::counts_store::read_stocks(stock_rows)) {
    on_hand.emplace(stock.product_id, stock.on_hand);
  }
  last_sku_ = *found.back().sku;
  for (auto& product : found) {
    const std::string category(categories_.path_of(product.category_id));
    const auto stock = on_hand.find(product.id);
    page.push_back({std::move(product), category, stock == on_hand.end() ? 0 : stock->second});
  }
  co_return page;
}

Task<std::int64_t> Export::left_out() {
  const auto [rows] = co_await snapshot_.pipeline(products::count_without_sku());
  co_return rows.one<std::int64_t>();
}

}  // namespace souk::bulk
