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
    .facets = {.meaning = "By its name.", .min_length = 1, .example = R"("sandbox")"}};
inline constexpr Parameter kSoukSignature{
    .name = "Souk-Signature",
    .in = Parameter::In::kHeader,
    .facets = {.meaning =
                   "`t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 of the time, a dot and "
                   "the body as sent>`; several v1 while a secret is exchanged.",
               .presence = Presence::kOptional}};

inline constexpr Operation kListOrderPayments{
    .name = "listOrderPayments",
    .tag = Tag::kPayments,
    .summary = "List the payments of an own order",
    .description = "Newest first. An administrator reads anybody's.",
    .path = "/api/orders/{id}/payments",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .answers = {all<payments::Payment>("All of them.")}};

inline constexpr Operation kPayOrder{
    .name = "payOrder",
    .tag = Tag::kPayments,
    .summary = "Pay an own order",
    .description =
        "Charges the order's total, once: asking again, with the same Idempotency-Key or while the "
        "payment stands, answers with the same payment; the same key with another body is refused. "
        "A key is of its order: for another order it begins another payment. A pending order is "
        "confirmed by it. After a declined payment another may be tried, until the order ends. A "
        "payment at the provider `manual` (methods `bank-transfer`, `cash-on-delivery`) stays "
        "`created` until an administrator records the money or the order ends; meanwhile another "
        "payment may take its place. An order whose total is 0 is paid when it is placed, at the "
        "provider `none`: nothing is charged, whatever is asked for here.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/payments",
    .access = kUser,
    .priority = http::Priority::kPayment,
    .statements = 24,
    .takes = body<PaymentDraft>(kMaxPaymentBytes),
    .is_idempotent = true,
    .answers =
        {one<payments::Payment>(200, "Paid, by an earlier request."),
         one<payments::Payment>(201, "Paid."),
         one<payments::Payment>(
             202,
             "The payment provider has not answered yet, or an administrator has yet to record the "
             "money: look at the order later, or ask again. Nothing is charged twice.")},
    .refusals = {{checkout::errors::kPaymentDeclined, "nothing was charged."},
                 {checkout::errors::kPaymentConflict,
                  "the order is closed, or another payment of it is under way."},
                 {ErrorCode::kLimitReached, "too many were tried."}}};

inline constexpr Operation kRecordPaymentCapture{
    .name = "recordPaymentCapture",
    .tag = Tag::kPayments,
    .summary = "Record the money of a manual payment",
    .description =
        "For the administrator: what came by bank transfer or was paid on delivery. The amount "
        "must be the payment's; the order is paid by it. Of a payment whose order was cancelled "
        "meanwhile the money is to be sent back.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/payments/{paymentId}/capture",
    .access = kAdmin,
    .priority = http::Priority::kPayment,
    .statements = 12,
    .takes = body<PaymentReceipt>(kMaxPaymentBytes),
    .is_idempotent = true,
    .answers = {one<payments::Payment>(200, "Recorded, now or by an earlier request.")},
    .refusals = {{checkout::errors::kPaymentConflict,
                  "the payment has another reference already, its provider records it by itself, "
                  "or the reference is that of another payment."}}};

inline constexpr Operation kRecordPaymentRefund{
    .name = "recordPaymentRefund",
    .tag = Tag::kPayments,
    .summary = "Record that the money of a manual payment was sent back",
    .description =
        "For the administrator: all of it went back, outside of the shop. The order is refunded by "
        "it, whether `refundOrder` asked for it before or not.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/payments/{paymentId}/refund",
    .access = kAdmin,
    .priority = http::Priority::kPayment,
    .statements = 12,
    .takes = body<PaymentReceipt>(kMaxPaymentBytes),
    .is_idempotent = true,
    .answers = {one<payments::Payment>(200, "Recorded, now or by an earlier request.")},
    .refusals = {{checkout::errors::kPaymentConflict,
                  "the payment is not captured, its provider records it by itself, or the "
                  "reference is that of another payment."}}};

inline constexpr Operation kReceivePaymentEvent{
    .name = "receivePaymentEvent",
    .tag = Tag::kPayments,
    .summary = "Where the payment provider tells what happened by itself",
    .description =
        "Signed with `payments.webhook_secret`. An event is done once; again, it is taken without "
        "effect. One that contradicts what is known (another amount, an unknown payment) is taken "
        "too, and the provider is asked how it stands. Types that are not known are taken and left "
        "alone.",
    .method = http::Method::kPost,
    .path = "/api/payments/webhooks/{provider}",
    .priority = http::Priority::kPayment,
    .statements = 11,
    .parameters = {&kProvider, &kSoukSignature},
    .takes = body<PaymentEvent>(kMaxEventBytes),
    .answers = {nothing("Taken.")},
    .refusals = {{checkout::errors::kInvalidSignature, "not signed by the provider, or too old."}}};

inline constexpr Operation kRefundOrder{
    .name = "refundOrder",
    .tag = Tag::kOrders,
    .summary = "Send the money of an order back",
    .description = "Units that were not shipped go back into the stock. Asking again is safe.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/refund",
    .access = kAdmin,
    .priority = http::Priority::kPayment,
    .statements = 16,
    .answers =
        {one<orders::Order>(200, "The order, refunded."),
         one<orders::Order>(
             202,
             "The payment provider has not answered yet; the order is refunded when it does.")},
    .refusals = {
        {checkout::errors::kIllegalTransition, "the order is not paid, or refunded already."},
        {checkout::errors::kPaymentConflict, "there is no payment of it."}}};

}  // namespace souk::api
