#include "api/payments/payment_routes.h"

#include "api/operation/parameters.h"
#include "api/payments/operations.h"
#include "api/wire/wire.h"

namespace souk::api {

using http::Request;
using runtime::Context;

namespace {

// Nothing for an unknown type: a provider may send more kinds of messages.
std::optional<payments::Status> status_in(std::string_view type) {
  constexpr std::string_view kPrefix = "payment.";
  if (!type.starts_with(kPrefix)) return std::nullopt;
  return value_of<payments::Status>(payments::kStatusNames, type.substr(kPrefix.size()));
}

}  // namespace

void PaymentRoutes::each(auto add) {
  add(kPayOrder, &PaymentRoutes::pay);
  add(kListOrderPayments, &PaymentRoutes::list);
  add(kRefundOrder, &PaymentRoutes::refund);
  add(kAddRefund, &PaymentRoutes::add_refund);
  add(kListRefunds, &PaymentRoutes::refunds);
  add(kRecordPaymentCapture, &PaymentRoutes::record_capture);
  add(kRecordPaymentRefund, &PaymentRoutes::record_refund);
  add(kReceivePaymentEvent, &PaymentRoutes::webhook);
}

void PaymentRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void PaymentRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer PaymentRoutes::pay(Context& context, const Request& request, IdempotencyKey key,
                          PaymentDraft draft) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto paid = co_await payments_.pay(context, {.order = *id,
                                                     .buyer = UserId{request.principal->id},
                                                     .method = std::move(draft.method),
                                                     .idempotency_key = std::move(key.value),
                                                     .provider = std::move(draft.provider)});
  if (!paid) co_return std::unexpected(paid.error());
  const bool settled = paid->payment.status == payments::Status::kCaptured;
  const int status = !settled ? 202 : paid->replayed ? 200 : 201;
  co_return replayed(http::json(status, body_of(paid->payment)), paid->replayed);
}

Answer PaymentRoutes::list(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto payments = co_await payments_.list(context, *id, visible_buyer(request));
  if (!payments) co_return std::unexpected(payments.error());
  co_return http::json(200, page_of(*payments));
}

Answer PaymentRoutes::refund(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto order = co_await payments_.refund(context, *id, actor_of(request));
  if (!order) co_return std::unexpected(order.error());
  co_return http::json(order->status == orders::Status::kRefunded ? 200 : 202, body_of(*order));
}

Answer PaymentRoutes::add_refund(Context& context, const Request& request, IdempotencyKey key,
                                 checkout::RefundPart part) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  part.order = *id;
  part.idempotency_key = std::move(key.value);
  part.actor = actor_of(request);
  const auto refunded = co_await payments_.refunds().refund(context, std::move(part));
  if (!refunded) co_return std::unexpected(refunded.error());
  const int status = refunded->refund.is_requested() ? 202 : 201;
  co_return replayed(http::json(status, body_of(refunded->refund)), refunded->replayed);
}

Answer PaymentRoutes::refunds(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto refunds = co_await payments_.refunds().list(context, *id, visible_buyer(request));
  if (!refunds) co_return std::unexpected(refunds.error());
  co_return http::json(200, page_of(*refunds));
}

Answer PaymentRoutes::record_capture(Context& context, const Request& request, IdempotencyKey key,
                                     PaymentReceipt receipt) {
  return record(context, request, std::move(key), std::move(receipt),
                &checkout::PaymentReceipts::capture);
}
Answer PaymentRoutes::record_refund(Context& context, const Request& request, IdempotencyKey key,
                                    PaymentReceipt receipt) {
  return record(context, request, std::move(key), std::move(receipt),
                &checkout::PaymentReceipts::refund);
}

Answer PaymentRoutes::record(Context& context, const Request& request, IdempotencyKey key,
                             PaymentReceipt receipt, Record record) {
  const auto order = id_in_path<OrderId>(request);
  if (!order) co_return std::unexpected(order.error());
  const auto payment = id_in_path<PaymentId>(request, "paymentId");
  if (!payment) co_return std::unexpected(payment.error());
  const auto recorded =
      co_await (receipts_.*record)(context, {.order = *order,
                                             .payment = *payment,
                                             .amount = receipt.amount,
                                             .reference = std::move(receipt.reference),
                                             .actor = actor_of(request),
                                             .idempotency_key = std::move(key.value)});
  if (!recorded) co_return std::unexpected(recorded.error());
  co_return replayed(http::json(200, body_of(recorded->payment)), recorded->replayed);
}

// The signature covers the raw bytes, so it is verified before they are parsed.
Answer PaymentRoutes::webhook(Context& context, const Request& request) {
  const auto signature = request.headers.find(kSoukSignature.name).value_or("");
  const auto genuine = payments_.verify(request.parameters["provider"], signature, request.body);
  if (!genuine) co_return std::unexpected(genuine.error());
  auto event = read_body<PaymentEvent>(json_, request);
  if (!event) co_return std::unexpected(event.error());
  const auto status = status_in(event->type);
  if (!status) co_return http::no_content();
  const auto applied = co_await payments_.apply(
      context, {.provider = std::string(request.parameters["provider"]),
                .id = std::move(event->id),
                .payment = event->payment,
                .charge = {std::move(event->reference), *status, std::move(event->reason)},
                .amount = event->amount});
  if (!applied) co_return std::unexpected(applied.error());
  co_return http::no_content();
}

}  // namespace souk::api
