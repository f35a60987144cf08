#include "inventory/inventory.h"

#include <fmt/format.h>

#include <algorithm>

#include "cache/id_key.h"
#include "inventory/store.h"

namespace souk::inventory {

using cache::FoundOf;
using runtime::Context;
using runtime::Task;

namespace {

cache::Value value_of(const Stock& stock) { return cache::make_value(stock, stock.version); }

}  // namespace

std::string stock_key(ProductId id) { return cache::IdKey("stock", id.value).text(); }

Task<Result<FoundOf<Stock>>> Inventory::stock(Context& context, ProductId id) {
  const cache::IdKey key("stock", id.value);
  if (auto entry = cache_.hit(caching_.stock, key.view())) {
    co_return FoundOf<Stock>{std::move(entry)};
  }
  auto found = co_await cache_.get_or_load(context, caching_.stock, key.text(),
                                           [this, id](Context& c) { return load(c, id); });
  if (!found) co_return std::unexpected(found.error());
  co_return FoundOf<Stock>{*std::move(found)};
}

Task<cache::Value> Inventory::load(Context& context, ProductId id) {
  const auto found = co_await store::find(pool_, context, {id});
  co_return value_of(found.empty() ? Stock{.product_id = id} : found.front());
}

Task<Result<std::vector<FoundOf<Stock>>>> Inventory::stocks(Context& context,
                                                            std::vector<ProductId> ids) {
  std::vector<FoundOf<Stock>> stocks;
  std::vector<ProductId> missing;
  stocks.reserve(ids.size());
  for (const auto& id : ids) {
    const cache::IdKey key("stock", id.value);
    auto& stock = stocks.emplace_back(FoundOf<Stock>{cache_.hit(caching_.stock, key.view())});
    if (!stock.entry) missing.push_back(id);
  }
  if (missing.empty()) co_return stocks;
  if (context.cached_only) co_return runtime::not_cached(context);
  const auto stamp = cache_.stamp();
  const auto found = co_await store::find(pool_, context, std::move(missing));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (stocks[i].entry) continue;
    const auto row = std::ranges::find(found, ids[i], &Stock::product_id);
    stocks[i].entry = cache_.keep_loaded(
        caching_.stock, stock_key(ids[i]),
        value_of(row != found.end() ? *row : Stock{.product_id = ids[i]}), stamp);
  }
  co_return stocks;
}

Task<Result<Stock>> Inventory::set_on_hand(Context& context, ProductId id, std::int32_t on_hand,
                                           VersionCondition condition) {
  if (on_hand < 0 || on_hand > kMaxQuantity) {
    co_return fail(ErrorCode::kValidationFailed, "the stock is not valid",
                   {{"/onHand", fmt::format("must be 0 to {}", kMaxQuantity)}});
  }
  const auto stamp = cache_.stamp();
  const auto changed = co_await store::set_on_hand(pool_, context, id, on_hand, condition);
  if (changed) {
    write_through({&*changed, 1}, stamp);
    co_return changed->stock;
  }
  if (changed.error() == store::SetRefused::kUnknownProduct) {
    co_return fail(ErrorCode::kNotFound, "there is no such product");
  }
  if (changed.error() == store::SetRefused::kOtherVersion) {
    co_return fail(ErrorCode::kPreconditionFailed, "the stock was changed meanwhile");
  }
  co_return fail(
      ErrorCode::kValidationFailed, "the stock is not valid",
      {{"/onHand",
        "must not be below what is reserved: first ship or cancel orders of the product"}});
}

void Inventory::write_through(std::span<const Changed> changed, cache::Stamp stamp) {
  for (const auto& [stock, by] : changed) {
    cache_.write_through(caching_.stock, stock_key(stock.product_id), value_of(stock), by, stamp);
  }
}

}  // namespace souk::inventory
