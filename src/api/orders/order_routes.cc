#include "api/orders/order_routes.h"

#include "api/operation/cursor.h"
#include "api/operation/parameters.h"
#include "api/orders/operations.h"
#include "api/wire/wire.h"

namespace souk::api {

using http::Request;
using http::Response;
using runtime::Context;

namespace {

Response placed(const checkout::Placed& placed) {
  auto response = http::json(201, body_of(placed.order));
  response.headers.add("Location", "/api/orders/" + placed.order.id.value.to_string());
  return replayed(std::move(response), placed.replayed);
}

}  // namespace

void OrderRoutes::each(auto add) {
  add(kPlaceOrder, &OrderRoutes::place);
  add(kListOrders, &OrderRoutes::list);
  add(kSearchOrders, &OrderRoutes::search);
  add(kGetOrder, &OrderRoutes::get);
  add(kGetOrderByNumber, &OrderRoutes::get_by_number);
}

void OrderRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void OrderRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer OrderRoutes::place(Context& context, const Request& request, IdempotencyKey key,
                          checkout::PlaceOrder order) {
  order.buyer = UserId{request.principal->id};
  order.idempotency_key = std::move(key.value);
  order.origin = origin_of(request);
  auto outcome = co_await checkout_.place(context, std::move(order));
  if (auto* const done = std::get_if<checkout::Placed>(&outcome)) {
    done->order.status = co_await payments_.pay_if_free(context, done->order);
    co_return placed(*done);
  }
  if (const auto* const lacks = std::get_if<checkout::OutOfStock>(&outcome)) {
    co_return out_of_stock(lacks->lines, "too few units are left; nothing was ordered");
  }
  co_return std::unexpected(std::move(std::get<checkout::Refused>(outcome).error));
}

Answer OrderRoutes::list(Context& context, const Request& request, OrderListing listing) {
  std::optional<orders::OrderCursor> after;
  if (listing.cursor) {
    after = decode_order_cursor(*listing.cursor);
    if (!after) co_return refuse_cursor();
  }
  const auto page =
      co_await orders_.list(context, UserId{request.principal->id}, listing.limit, after);
  std::optional<std::string> next;
  if (page.next) next = encode_cursor(*page.next);
  co_return http::json(200, page_of(page.items, next));
}

Answer OrderRoutes::search(Context& context, const Request&, OrderSearch search) {
  std::optional<orders::OrderCursor> after;
  if (search.cursor) {
    after = decode_order_cursor(*search.cursor);
    if (!after) co_return refuse_cursor();
  }
  const auto limit = search.limit;
  const auto page = co_await orders_.search(context, filter_of(std::move(search)), limit, after);
  if (!page) co_return std::unexpected(page.error());
  co_return http::json(200, page_of(page->items, cursor_text(page->next)));
}

Answer OrderRoutes::get(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto order = co_await orders_.order(context, *id, visible_buyer(request));
  if (!order) co_return std::unexpected(order.error());
  co_return http::json(200, body_of(*order));
}

Answer OrderRoutes::get_by_number(Context& context, const Request& request) {
  const auto order = co_await orders_.order_of_number(
      context, std::string(request.parameters["number"]), visible_buyer(request));
  if (!order) co_return std::unexpected(order.error());
  co_return http::json(200, body_of(*order));
}

}  // namespace souk::api
