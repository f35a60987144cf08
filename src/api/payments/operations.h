// Paying for orders, refunds, and messages of payment providers.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/orders/types.h"
#include "api/payments/types.h"
#include "checkout/error_codes.h"

namespace souk::api {

inline constexpr std::size_t kMaxPaymentBytes = 4 * 1024;
inline constexpr std::size_t kMaxEventBytes = 16 * 1024;

inline constexpr Parameter kProvider{
    .name = "provider",
    .in = Parameter::In::kPath,
    .facets = {.meaning = "The provider's name.", .min_length = 1, .example = R"("sandbox")"}};
inline constexpr Parameter kSoukSignature{
    .name = "Souk-Signature",
    .in = Parameter::In::kHeader,
    .facets = {.meaning = "`t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 of the time, a dot "
                          "and the body as sent>`; several v1 while a secret is being replaced.",
               .presence = Presence::kOptional}};

inline constexpr Operation kListOrderPayments{
    .name = "listOrderPayments",
    .tag = Tag::kPayments,
    .summary = "List the payments of one of the caller's orders",
    .description = "Newest first. An administrator reads any user's.",
    .path = "/api/orders/{id}/payments",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .answers = {all<payments::Payment>("All of them.")}};

inline constexpr Operation kPayOrder{
    .name = "payOrder",
    .tag = Tag::kPayments,
    .summary = "Pay one of the caller's orders",
    .description =
        "Charges the order's total once: a repeated request, with the same Idempotency-Key or "
        "while the payment is valid, is answered with the same payment; the same key with another "
        "body is refused. A key belongs to its order: with another order it begins another "
        "payment. The payment confirms a pending order. After a declined payment another may be "
        "tried, until the order ends. A payment at the provider `manual` (methods `bank-transfer`, "
        "`cash-on-delivery`) stays `created` until an administrator records the money or the order "
        "ends; meanwhile another payment may replace it. An order whose total is 0 is paid when it "
        "is placed, at the provider `none`: this operation then charges nothing.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/payments",
    .access = kUser,
    .priority = http::Priority::kPayment,
    .statements = 24,
    .takes = body<PaymentDraft>(kMaxPaymentBytes),
    .is_idempotent = true,
    .answers =
        {one<payments::Payment>(200, "Already paid by an earlier request."),
         one<payments::Payment>(201, "Paid."),
         one<payments::Payment>(
             202,
             "The payment provider has not answered yet, or an administrator has not recorded the "
             "money yet: read the order later, or repeat the request. Nothing is charged twice.")},
    .refusals = {{checkout::errors::kPaymentDeclined, "nothing was charged."},
                 {checkout::errors::kPaymentConflict,
                  "the order is closed, or another payment of it is in progress."},
                 {ErrorCode::kLimitReached, "too many payments of the order were tried."}}};

inline constexpr Operation kRecordPaymentCapture{
    .name = "recordPaymentCapture",
    .tag = Tag::kPayments,
    .summary = "Record the money of a manual payment",
    .description =
        "Money received by bank transfer or paid on delivery. The amount must be the payment's; "
        "the order is then paid. If the order was cancelled meanwhile, the money must be sent "
        "back.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/payments/{paymentId}/capture",
    .access = kAdmin,
    .priority = http::Priority::kPayment,
    .statements = 12,
    .takes = body<PaymentReceipt>(kMaxPaymentBytes),
    .is_idempotent = true,
    .answers = {one<payments::Payment>(200, "Recorded, now or by an earlier request.")},
    .refusals = {{checkout::errors::kPaymentConflict,
                  "the payment already has another reference, its provider reports payments "
                  "itself, or another payment has the reference."}}};

inline constexpr Operation kRecordPaymentRefund{
    .name = "recordPaymentRefund",
    .tag = Tag::kPayments,
    .summary = "Record that the money of a manual payment was sent back",
    .description =
        "All the money was sent back, outside of the shop. The order is then refunded, whether or "
        "not `refundOrder` was called before.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/payments/{paymentId}/refund",
    .access = kAdmin,
    .priority = http::Priority::kPayment,
    .statements = 12,
    .takes = body<PaymentReceipt>(kMaxPaymentBytes),
    .is_idempotent = true,
    .answers = {one<payments::Payment>(200, "Recorded, now or by an earlier request.")},
    .refusals = {{checkout::errors::kPaymentConflict,
                  "the payment is not captured, its provider reports payments itself, or another "
                  "payment has the reference."}}};

inline constexpr Operation kReceivePaymentEvent{
    .name = "receivePaymentEvent",
    .tag = Tag::kPayments,
    .summary = "Receive an event of the payment provider",
    .description =
        "Signed with `payments.webhook_secret`. An event is applied once; a repeated one is "
        "accepted without effect. An event that contradicts the shop's records (another amount, an "
        "unknown payment) is also accepted, and the payment is then looked up at the provider. "
        "Unknown types are accepted and ignored.",
    .method = http::Method::kPost,
    .path = "/api/payments/webhooks/{provider}",
    .priority = http::Priority::kPayment,
    .statements = 11,
    .parameters = {&kProvider, &kSoukSignature},
    .takes = body<PaymentEvent>(kMaxEventBytes),
    .answers = {nothing("Accepted.")},
    .refusals = {{checkout::errors::kInvalidSignature, "not signed by the provider, or too old."}}};

inline constexpr Operation kRefundOrder{
    .name = "refundOrder",
    .tag = Tag::kOrders,
    .summary = "Refund all that is left of an order's money",
    .description =
        "Units that were not shipped are returned to the stock. Repeating the request is safe.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/refund",
    .access = kAdmin,
    .priority = http::Priority::kPayment,
    .statements = 17,
    .answers =
        {one<orders::Order>(200, "The refunded order."),
         one<orders::Order>(
             202,
             "The payment provider has not answered yet; the order is refunded when it does.")},
    .refusals = {
        {checkout::errors::kIllegalTransition, "the order is not paid, or already refunded."},
        {checkout::errors::kPaymentConflict,
         "the order has no payment, or a refund of a part is under way."}}};

inline constexpr std::size_t kMaxRefundBytes = 32 * 1024;

inline constexpr Operation kAddRefund{
    .name = "addRefund",
    .tag = Tag::kOrders,
    .summary = "Refund a part of an order",
    .description =
        "Returns an amount or the price of units, never more than was paid and is not returned "
        "yet, of several refunds at once too. When nothing is left the order is `refunded`. Of a "
        "manual payment it records money that was sent back. An Idempotency-Key is of its order.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/refunds",
    .access = kAdmin,
    .priority = http::Priority::kPayment,
    .statements = 21,
    .takes = body<checkout::RefundPart>(kMaxRefundBytes),
    .is_idempotent = true,
    .answers = {one<payments::Refund>(201, "The money was returned."),
                one<payments::Refund>(
                    202, "The payment provider has not answered yet; it is asked again.")},
    .refusals = {
        {checkout::errors::kIllegalTransition, "the order is not paid, or already refunded."},
        {checkout::errors::kPaymentConflict,
         "the order has no payment, or all of its money is being returned."},
        {ErrorCode::kLimitReached, "too many refunds: only all that is left can be refunded."}}};

inline constexpr Operation kListRefunds{
    .name = "listRefunds",
    .tag = Tag::kOrders,
    .summary = "List the refunds of parts of one of the caller's orders",
    .description = "Oldest first. An administrator reads any user's.",
    .path = "/api/orders/{id}/refunds",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .answers = {all<payments::Refund>("All of them.")}};

}  // namespace souk::api
