// /api/orders.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/operation/routes.h"
#include "api/orders/queries.h"
#include "checkout/checkout.h"
#include "checkout/payment_flow.h"
#include "orders/orders.h"

namespace souk::api {

class OrderRoutes {
 public:
  OrderRoutes(orders::Orders& orders, checkout::Checkout& checkout, checkout::PaymentFlow& payments)
      : orders_(orders), checkout_(checkout), payments_(payments) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer place(runtime::Context& context, const http::Request& request, IdempotencyKey key,
               checkout::PlaceOrder order);
  Answer list(runtime::Context& context, const http::Request& request, OrderListing listing);
  Answer search(runtime::Context& context, const http::Request& request, OrderSearch search);
  Answer get(runtime::Context& context, const http::Request& request);
  Answer get_by_number(runtime::Context& context, const http::Request& request);

  orders::Orders& orders_;
  checkout::Checkout& checkout_;
  checkout::PaymentFlow& payments_;
};

}  // namespace souk::api
