#include "api/order_routes.h"

#include "api/bodies.h"
#include "api/cursor.h"
#include "api/parameters.h"
#include "api/wire.h"

namespace souk::api {

using http::Method;
using http::Priority;
using http::Request;
using http::Response;
using http::Takes;
using runtime::Context;

namespace {

constexpr std::size_t kMaxOrderBytes = 32 * 1024;

Response placed(const checkout::Placed& placed) {
  auto response = http::json(201, body_of(placed.order));
  response.headers.add("Location", "/api/orders/" + placed.order.id.value.to_string());
  if (placed.replayed) response.headers.add("Idempotency-Replayed", "true");
  return response;
}

}  // namespace

void OrderRoutes::add_to(http::Routers& routers) {
  const auto add = [&](Operation<OrderRoutes> operation, http::Route route, QueryNames query = {}) {
    route.query.assign(query.begin(), query.end());
    route.max_body_bytes = kMaxOrderBytes;
    add_operation(routers, *this, operation, std::move(route));
  };
  const std::string orders = "/api/orders";
  const std::string order = "/api/orders/{id}";
  using Routes = OrderRoutes;
  // An order whose total is 0 is paid at once, with 8.
  add(&Routes::place, {.method = Method::kPost,
                       .path = orders,
                       .name = "placeOrder",
                       .access = kUser,
                       .priority = Priority::kOrder,
                       .statement_budget = 25,
                       .takes = Takes::kBody});
  add(&Routes::list,
      {.method = Method::kGet,
       .path = orders,
       .name = "listOrders",
       .access = kUser,
       .priority = Priority::kAccount,
       .statement_budget = 2},
      kPageQuery);
  add(&Routes::get, {.method = Method::kGet,
                     .path = order,
                     .name = "getOrder",
                     .access = kUser,
                     .priority = Priority::kAccount,
                     .statement_budget = 2});
}

Answer OrderRoutes::place(Context& context, const Request& request) {
  auto key = idempotency_key(request);
  if (!key) co_return std::unexpected(key.error());
  auto order = read_body<checkout::PlaceOrder>(json_, request);
  if (!order) co_return std::unexpected(order.error());
  order->buyer = UserId{request.principal->id};
  order->idempotency_key = *std::move(key);
  order->origin = origin_of(request);
  auto outcome = co_await checkout_.place(context, *std::move(order));
  if (auto* const done = std::get_if<checkout::Placed>(&outcome)) {
    done->order.status = co_await payments_.pay_where_free(context, done->order);
    co_return placed(*done);
  }
  if (const auto* const lacks = std::get_if<checkout::OutOfStock>(&outcome)) {
    co_return out_of_stock(lacks->lines, "too few units are left; nothing was ordered");
  }
  co_return std::unexpected(std::move(std::get<checkout::Refused>(outcome).error));
}

Answer OrderRoutes::list(Context& context, const Request& request) {
  const auto listing = order_listing(request);
  if (!listing) co_return std::unexpected(listing.error());
  const auto page =
      co_await orders_.list(context, UserId{request.principal->id}, listing->limit, listing->after);
  std::optional<std::string> next;
  if (page.next) next = encode_cursor(*page.next);
  co_return http::json(200, page_of(page.items, next));
}

Answer OrderRoutes::get(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto order = co_await orders_.order(context, *id, visible_buyer(request));
  if (!order) co_return std::unexpected(order.error());
  co_return http::json(200, body_of(*order));
}

}  // namespace souk::api
