#include "inventory/inventory.h"

#include <fmt/format.h>

#include <algorithm>

#include "inventory/store.h"

namespace souk::inventory {

using runtime::Context;
using runtime::Task;

Task<std::vector<Stock>> Inventory::stocks(Context& context, std::vector<ProductId> ids) {
  const auto found = co_await store::find(pool_, context, ids);
  std::vector<Stock> stocks;
  stocks.reserve(ids.size());
  for (const auto& id : ids) {
    const auto stock = std::ranges::find(found, id, &Stock::product_id);
    stocks.push_back(stock != found.end() ? *stock : Stock{.product_id = id});
  }
  co_return stocks;
}

Task<Result<Stock>> Inventory::set_on_hand(Context& context, ProductId id, std::int32_t on_hand) {
  if (on_hand < 0 || on_hand > kMaxQuantity) {
    co_return fail(ErrorCode::kValidationFailed, "the stock is not valid",
                   {{"/quantity", fmt::format("must be 0 to {}", kMaxQuantity)}});
  }
  const auto stock = co_await store::set_on_hand(pool_, context, id, on_hand);
  if (stock) co_return *stock;
  if (stock.error() == store::SetRefused::kUnknownProduct) {
    co_return fail(ErrorCode::kNotFound, "there is no such product");
  }
  co_return fail(ErrorCode::kValidationFailed, "the stock is not valid",
                 {{"/quantity", "must not be below what is reserved"}});
}

}  // namespace souk::inventory
