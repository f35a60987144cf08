#include "api/orders/order_step_routes.h"

#include "api/operation/parameters.h"
#include "api/orders/operations.h"
#include "api/wire/wire.h"

namespace souk::api {

using checkout::OrderFlow;
using http::Request;
using runtime::Context;

void OrderStepRoutes::each(auto add) {
  add(kConfirmOrder, &OrderStepRoutes::confirm);
  add(kShipOrder, &OrderStepRoutes::ship);
  add(kAddShipment, &OrderStepRoutes::add_shipment);
  add(kListShipments, &OrderStepRoutes::shipments);
  add(kDeliverOrder, &OrderStepRoutes::deliver);
  add(kCancelOrder, &OrderStepRoutes::cancel);
  add(kListOrderTransitions, &OrderStepRoutes::transitions);
}

void OrderStepRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void OrderStepRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
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

Answer OrderStepRoutes::add_shipment(Context& context, const Request& request, IdempotencyKey key,
                                     checkout::Ship shipment) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  shipment.order = *id;
  shipment.idempotency_key = std::move(key.value);
  shipment.actor = actor_of(request);
  const auto shipped = co_await flow_.ship(context, std::move(shipment));
  if (!shipped) co_return std::unexpected(shipped.error());
  co_return replayed(http::json(201, body_of(shipped->shipment)), shipped->replayed);
}

Answer OrderStepRoutes::shipments(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto shipments = co_await orders_.shipments(context, *id, visible_buyer(request));
  if (!shipments) co_return std::unexpected(shipments.error());
  co_return http::json(200, page_of(*shipments));
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
  co_return http::json(200, page_of(*transitions));
}

}  // namespace souk::api
