// /api/orders.
// Threading: one per worker. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include "api/operation.h"
#include "checkout/checkout.h"
#include "checkout/payment_flow.h"
#include "orders/orders.h"

namespace souk::api {

class JsonInput;

class OrderRoutes {
 public:
  OrderRoutes(orders::Orders& orders, checkout::Checkout& checkout, checkout::PaymentFlow& payments,
              JsonInput& json)
      : orders_(orders), checkout_(checkout), payments_(payments), json_(json) {}

  void add_to(http::Routers& routers);

 private:
  Answer place(runtime::Context& context, const http::Request& request);
  Answer list(runtime::Context& context, const http::Request& request);
  Answer get(runtime::Context& context, const http::Request& request);

  orders::Orders& orders_;
  checkout::Checkout& checkout_;
  checkout::PaymentFlow& payments_;
  JsonInput& json_;
};

}  // namespace souk::api
