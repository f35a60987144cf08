// Paying for an order, refunds, and messages of the payment provider.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/operation/routes.h"
#include "api/payments/types.h"
#include "checkout/payment_flow.h"
#include "checkout/payment_receipts.h"

namespace souk::api {

class PaymentRoutes {
 public:
  PaymentRoutes(checkout::PaymentFlow& payments, checkout::PaymentReceipts& receipts,
                JsonInput& json)
      : payments_(payments), receipts_(receipts), json_(json) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer pay(runtime::Context& context, const http::Request& request, IdempotencyKey key,
             PaymentDraft draft);
  Answer list(runtime::Context& context, const http::Request& request);
  Answer refund(runtime::Context& context, const http::Request& request);
  Answer add_refund(runtime::Context& context, const http::Request& request, IdempotencyKey key,
                    checkout::RefundPart part);
  Answer refunds(runtime::Context& context, const http::Request& request);
  Answer record_capture(runtime::Context& context, const http::Request& request, IdempotencyKey key,
                        PaymentReceipt receipt);
  Answer record_refund(runtime::Context& context, const http::Request& request, IdempotencyKey key,
                       PaymentReceipt receipt);
  Answer webhook(runtime::Context& context, const http::Request& request);

  using Record = runtime::Task<Result<checkout::Recorded>> (checkout::PaymentReceipts::*)(
      runtime::Context&, checkout::Receipt);
  Answer record(runtime::Context& context, const http::Request& request, IdempotencyKey key,
                PaymentReceipt receipt, Record record);

  checkout::PaymentFlow& payments_;
  checkout::PaymentReceipts& receipts_;
  JsonInput& json_;
};

}  // namespace souk::api
