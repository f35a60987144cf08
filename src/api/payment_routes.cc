#include "api/payment_routes.h"

#include "api/bodies.h"
#include "api/parameters.h"
#include "api/wire.h"

namespace souk::api {

using http::Method;
using http::Priority;
using http::Request;
using http::Takes;
using runtime::Context;

namespace {

constexpr std::size_t kMaxPaymentBytes = 4 * 1024;
constexpr std::size_t kMaxWebhookBytes = 16 * 1024;
constexpr std::string_view kSignatureField = "Souk-Signature";

// Nothing for a type that we do not know: a provider may tell more than we asked for.
std::optional<payments::Status> status_in(std::string_view type) {
  constexpr std::string_view kPrefix = "payment.";
  if (!type.starts_with(kPrefix)) return std::nullopt;
  return value_of<payments::Status>(payments::kStatusNames, type.substr(kPrefix.size()));
}

}  // namespace

void PaymentRoutes::add_to(http::Routers& routers) {
  const auto add = [&](Operation<PaymentRoutes> operation, http::Route route, std::size_t bytes) {
    route.max_body_bytes = bytes;
    add_operation(routers, *this, operation, std::move(route));
  };
  const std::string order = "/api/orders/{id}";
  const std::string capture = order + "/payments/{paymentId}/capture";
  const std::string sent_back = order + "/payments/{paymentId}/refund";
  const std::string webhook = "/api/payments/webhooks/{provider}";
  using Routes = PaymentRoutes;
  // Written down before the provider is asked, then after each of its answers.
  add(&Routes::pay,
      {.method = Method::kPost,
       .path = order + "/payments",
       .name = "payOrder",
       .access = kUser,
       .priority = Priority::kPayment,
       .statement_budget = 24,
       .takes = Takes::kBody},
      kMaxPaymentBytes);
  add(&Routes::list,
      {.method = Method::kGet,
       .path = order + "/payments",
       .name = "listOrderPayments",
       .access = kUser,
       .priority = Priority::kAccount,
       .statement_budget = 3},
      kMaxPaymentBytes);
  add(&Routes::refund,
      {.method = Method::kPost,
       .path = order + "/refund",
       .name = "refundOrder",
       .access = kAdmin,
       .priority = Priority::kPayment,
       .statement_budget = 16},
      kMaxPaymentBytes);
  add(&Routes::record_capture,
      {.method = Method::kPost,
       .path = capture,
       .name = "recordPaymentCapture",
       .access = kAdmin,
       .priority = Priority::kPayment,
       .statement_budget = 12,
       .takes = Takes::kBody},
      kMaxPaymentBytes);
  add(&Routes::record_refund,
      {.method = Method::kPost,
       .path = sent_back,
       .name = "recordPaymentRefund",
       .access = kAdmin,
       .priority = Priority::kPayment,
       .statement_budget = 12,
       .takes = Takes::kBody},
      kMaxPaymentBytes);
  add(&Routes::webhook,
      {.method = Method::kPost,
       .path = webhook,
       .name = "receivePaymentEvent",
       .priority = Priority::kPayment,
       .statement_budget = 11,
       .takes = Takes::kBody},
      kMaxWebhookBytes);
}

Answer PaymentRoutes::pay(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto key = idempotency_key(request);
  if (!key) co_return std::unexpected(key.error());
  auto draft = read_body<PaymentDraft>(json_, request);
  if (!draft) co_return std::unexpected(draft.error());
  const auto paid = co_await payments_.pay(context, {.order = *id,
                                                     .buyer = UserId{request.principal->id},
                                                     .method = std::move(draft->method),
                                                     .idempotency_key = *std::move(key),
                                                     .provider = std::move(draft->provider)});
  if (!paid) co_return std::unexpected(paid.error());
  const bool settled = paid->payment.status == payments::Status::kCaptured;
  auto response = http::json(!settled ? 202 : paid->replayed ? 200 : 201, body_of(paid->payment));
  if (paid->replayed) response.headers.add("Idempotency-Replayed", "true");
  co_return response;
}

Answer PaymentRoutes::list(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto payments = co_await payments_.list(context, *id, visible_buyer(request));
  if (!payments) co_return std::unexpected(payments.error());
  co_return http::json(200, page_of(*payments, std::nullopt));
}

Answer PaymentRoutes::refund(Context& context, const Request& request) {
  const auto id = id_in_path<OrderId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto order = co_await payments_.refund(context, *id, actor_of(request));
  if (!order) co_return std::unexpected(order.error());
  co_return http::json(order->status == orders::Status::kRefunded ? 200 : 202, body_of(*order));
}

Answer PaymentRoutes::record_capture(Context& context, const Request& request) {
  return record(context, request, &checkout::PaymentReceipts::capture);
}
Answer PaymentRoutes::record_refund(Context& context, const Request& request) {
  return record(context, request, &checkout::PaymentReceipts::refund);
}

Answer PaymentRoutes::record(Context& context, const Request& request, Record record) {
  const auto order = id_in_path<OrderId>(request);
  if (!order) co_return std::unexpected(order.error());
  const auto payment = id_in_path<PaymentId>(request, "paymentId");
  if (!payment) co_return std::unexpected(payment.error());
  auto key = idempotency_key(request);
  if (!key) co_return std::unexpected(key.error());
  auto receipt = read_body<PaymentReceipt>(json_, request);
  if (!receipt) co_return std::unexpected(receipt.error());
  const auto recorded =
      co_await (receipts_.*record)(context, {.order = *order,
                                             .payment = *payment,
                                             .amount = receipt->amount,
                                             .reference = std::move(receipt->reference),
                                             .actor = actor_of(request),
                                             .idempotency_key = *std::move(key)});
  if (!recorded) co_return std::unexpected(recorded.error());
  auto response = http::json(200, body_of(recorded->payment));
  if (recorded->replayed) response.headers.add("Idempotency-Replayed", "true");
  co_return response;
}

// The signature is of the bytes as they came, so it is held against them before anything reads
// them.
Answer PaymentRoutes::webhook(Context& context, const Request& request) {
  const auto signature = request.headers.find(kSignatureField).value_or("");
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
