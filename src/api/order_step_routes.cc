#include "api/order_step_routes.h"

#include "api/parameters.h"
#include "api/wire.h"

namespace souk::api {

using checkout::OrderFlow;
using http::Method;
using http::Priority;
using http::Request;
using runtime::Context;

void OrderStepRoutes::add_to(http::Routers& routers) {
  const auto add = [&](Operation<OrderStepRoutes> operation, http::Route route) {
    add_operation(routers, *this, operation, std::move(route));
  };
  const std::string order = "/api/orders/{id}";
  using Routes = OrderStepRoutes;
  add(&Routes::confirm, {.method = Method::kPost,
                         .path = order + "/confirm",
                         .name = "confirmOrder",
                         .access = kAdmin,
                         .priority = Priority::kOrder,
                         .statement_budget = 6});
  add(&Routes::ship, {.method = Method::kPost,
                      .path = order + "/ship",
                      .name = "shipOrder",
                      .access = kAdmin,
                      .priority = Priority::kOrder,
                      .statement_budget = 6});
  add(&Routes::deliver, {.method = Method::kPost,
                         .path = order + "/deliver",
                         .name = "deliverOrder",
                         .access = kAdmin,
                         .priority = Priority::kOrder,
                         .statement_budget = 6});
  // Without a payment 8; each answer of the provider's is written down with 4.
  add(&Routes::cancel, {.method = Method::kPost,
                        .path = order + "/cancel",
                        .name = "cancelOrder",
                        .access = kUser,
                        .priority = Priority::kOrder,
                        .statement_budget = 21});
  add(&Routes::transitions, {.method = Method::kGet,
                             .path = order + "/transitions",
                             .name = "listOrderTransitions",
                             .access = kUser,
                             .priority = Priority::kAccount,
                             .statement_budget = 3});
}

Answer OrderStepRoutes::confirm(Context& context, const Request& request) {
  return step(context, request, &OrderFlow::confirm);
}
Answer OrderStepRoutes::ship(Context& context, const Request& request) {
  return step(context, request, &OrderFlow::ship);
}
Answer OrderStepRoutes::deliver(Context& context, const Request& request) {
  return step(context, request, &OrderFlow::deliver);
}

Answer OrderStepRoutes::step(Context& context, const Request& request, Step step) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto order = co_await (flow_.*step)(context, *id, actor_of(request));
  if (!order) co_return std::unexpected(order.error());
  co_return http::json(200, body_of(*order));
}

Answer OrderStepRoutes::cancel(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto order = co_await flow_.cancel(context, *id, visible_buyer(request), actor_of(request));
  if (!order) co_return std::unexpected(order.error());
  co_return http::json(200, body_of(*order));
}

Answer OrderStepRoutes::transitions(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto transitions = co_await orders_.transitions(context, *id, visible_buyer(request));
  if (!transitions) co_return std::unexpected(transitions.error());
  co_return http::json(200, page_of(*transitions, std::nullopt));
}

}  // namespace souk::api
