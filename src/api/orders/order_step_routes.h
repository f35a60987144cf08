// /api/orders/{id}/...: the steps of a placed order, except payments.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/operation/routes.h"
#include "checkout/order_flow.h"
#include "orders/orders.h"

namespace souk::api {

class OrderStepRoutes {
 public:
  OrderStepRoutes(orders::Orders& orders, checkout::OrderFlow& flow)
      : orders_(orders), flow_(flow) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer confirm(runtime::Context& context, const http::Request& request);
  Answer ship(runtime::Context& context, const http::Request& request);
  Answer add_shipment(runtime::Context& context, const http::Request& request, IdempotencyKey key,
                      checkout::Ship shipment);
  Answer shipments(runtime::Context& context, const http::Request& request);
  Answer deliver(runtime::Context& context, const http::Request& request);
  Answer cancel(runtime::Context& context, const http::Request& request);
  Answer transitions(runtime::Context& context, const http::Request& request);

  using Step = runtime::Task<Result<orders::Order>> (checkout::OrderFlow::*)(runtime::Context&,
                                                                             OrderId, Actor);
  Answer step(runtime::Context& context, const http::Request& request, Step step);

  orders::Orders& orders_;
  checkout::OrderFlow& flow_;
};

}  // namespace souk::api
