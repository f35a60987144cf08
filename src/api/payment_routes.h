// Paying for an order, sending the money back, and what the payment provider tells us by itself.
// Threading: one per worker. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include "api/operation.h"
#include "checkout/payment_flow.h"

namespace souk::api {

class JsonInput;

class PaymentRoutes {
 public:
  PaymentRoutes(checkout::PaymentFlow& payments, JsonInput& json)
      : payments_(payments), json_(json) {}

  void add_to(http::Router& router);

 private:
  Answer pay(runtime::Context& context, const http::Request& request);
  Answer list(runtime::Context& context, const http::Request& request);
  Answer refund(runtime::Context& context, const http::Request& request);
  Answer webhook(runtime::Context& context, const http::Request& request);

  checkout::PaymentFlow& payments_;
  JsonInput& json_;
};

}  // namespace souk::api
