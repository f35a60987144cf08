#include "api/stock/stock_routes.h"

#include "api/operation/cursor.h"
#include "api/operation/parameters.h"
#include "api/wire/wire.h"

namespace souk::api {

using http::Request;
using runtime::Context;

namespace {

constexpr std::int64_t kLow = 5;

}  // namespace

void StockRoutes::each(auto add) {
  add(kAdjustStock, &StockRoutes::adjust);
  add(kListMovements, &StockRoutes::movements);
  add(kListLowStock, &StockRoutes::low);
}

void StockRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void StockRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer StockRoutes::adjust(Context& context, const Request& request, IdempotencyKey key,
                           AdjustmentRequest wanted) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto adjusted = co_await ledger_.adjust(context, {.product_id = *id,
                                                          .change = wanted.change,
                                                          .reason = wanted.reason,
                                                          .by = UserId{request.principal->id},
                                                          .idempotency_key = std::move(key.value)});
  if (!adjusted) co_return std::unexpected(adjusted.error());
  const auto& [made, is_replay] = *adjusted;
  if (is_replay &&
      (made.product_id != *id || made.change != wanted.change || made.reason != wanted.reason)) {
    co_return fail(checkout::errors::kIdempotencyKeyReused,
                   "the Idempotency-Key belongs to another adjustment");
  }
  co_return replayed(http::json(201, body_of(made)), is_replay);
}

// Whether there is such a product is asked only where nothing moved.
Answer StockRoutes::movements(Context& context, const Request& request, MovementListing listing) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  std::optional<inventory::MovementCursor> after;
  if (listing.cursor) {
    after = decode_movement_cursor(*listing.cursor);
    if (!after) co_return refuse_cursor();
  }
  const auto page = co_await ledger_.movements(context, *id, after, listing.limit);
  if (page.items.empty()) {
    const auto product = co_await catalog_.product(context, *id);
    if (!product) co_return std::unexpected(product.error());
  }
  co_return http::json(200, page_of(page.items, cursor_text(page.next)));
}

Answer StockRoutes::low(Context& context, const Request&, LowStockListing listing) {
  std::optional<inventory::LowStockCursor> after;
  if (listing.cursor) {
    after = decode_low_stock_cursor(*listing.cursor);
    if (!after) co_return refuse_cursor();
  }
  const auto page =
      co_await ledger_.low(context, listing.below.value_or(kLow), after, listing.limit);
  co_return http::json(200, page_of(page.items, cursor_text(page.next)));
}

}  // namespace souk::api
