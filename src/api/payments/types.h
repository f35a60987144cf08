// Payments, as they look on the wire.
// Threading: constants.
#pragma once

#include "api/wire/common_types.h"
#include "checkout/refund_rules.h"
#include "payments/types.h"

namespace souk::api {

// The payment method of a buyer.
struct PaymentDraft {
  std::string method;  // the provider's token
  std::optional<std::string> provider;
};

// Money received or returned outside of the shop.
struct PaymentReceipt {
  Money amount;
  std::string reference;
};

// A message of the payment provider about a payment.
struct PaymentEvent {
  std::string id;
  std::string type;  // "payment." and the new status
  PaymentId payment;
  std::string reference;
  Money amount;
  std::string reason;
};

template <>
inline constexpr auto describe<PaymentDraft> =
    object({.name = "PaymentDraft",
            .meaning = "The buyer's means of payment.",
            .example = R"({"method":"bank-transfer","provider":"manual"})"},
           field("method", &PaymentDraft::method,
                 {.meaning = "The payment provider's token for the means of payment.",
                  .min_length = 1,
                  .max_length = payments::kMaxMethodLength,
                  .example = R"("sandbox-ok")"}),
           field("provider", &PaymentDraft::provider,
                 {.meaning = "The provider's name; default: `payments.default_provider`.",
                  .presence = Presence::kOptional}));

template <>
inline constexpr auto describe<payments::Payment> = object(
    {.name = "Payment",
     .meaning = "The payment of an order: what the provider has done (`status`) and what the shop "
                "wants (`goal`)."},
    field("id", &payments::Payment::id), field("orderId", &payments::Payment::order_id),
    field("provider", &payments::Payment::provider), field("amount", &payments::Payment::amount),
    field("refunded", &payments::Payment::refunded,
          {.meaning = "What was returned of it, or is about to be."}),
    field("status", &payments::Payment::status, payments::kStatusNames),
    field("goal", &payments::Payment::goal, payments::kGoalNames),
    field("failure", &payments::Payment::failure, {.meaning = "Why it failed."}),
    field("reference", &payments::Payment::reference,
          {.meaning = "The provider's, the bank's or the carrier's."}),
    field("refundReference", &payments::Payment::refund_reference,
          {.meaning = "The reference of money that an administrator sent back."}),
    field("createdAt", &payments::Payment::created_at));

template <>
inline constexpr auto describe<payments::Refund::Item> = object(
    {.name = "RefundItem", .meaning = "Units whose price is returned."},
    field("productId", &payments::Refund::Item::product_id),
    field("quantity", &payments::Refund::Item::quantity,
          {.meaning = "Units.", .minimum = 1, .maximum = 100'000'000}),
    field("restock", &payments::Refund::Item::restocked,
          {.meaning = "Whether the units can be sold again: those that were not shipped will not "
                      "be, and are free; the others came back, and are on hand. Otherwise nothing "
                      "happens to them: they are shipped, or stay with the buyer.",
           .presence = Presence::kOptional,
           .default_value = "false"}));

inline constexpr Facets kRefundReason{.meaning = "For the shop's own records and the buyer.",
                                      .presence = Presence::kOptional,
                                      .max_length = payments::kMaxReasonLength,
                                      .default_value = R"("")",
                                      .example = R"("arrived broken")"};

template <>
inline constexpr auto describe<checkout::RefundPart> = object(
    {.name = "RefundDraft",
     .meaning = "What to return of an order's money: an `amount`, or the price of `items`.",
     .example = R"({"items":[{"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","quantity":1,)"
                R"("restock":true}],"reason":"arrived broken"})"},
    field("amount", &checkout::RefundPart::amount, {.presence = Presence::kNullable}),
    field("items", &checkout::RefundPart::items,
          {.presence = Presence::kNullable, .min_length = 1, .max_length = orders::kMaxLines}),
    field("reason", &checkout::RefundPart::reason, kRefundReason),
    field("reference", &checkout::RefundPart::reference,
          {.meaning = "Of a manual payment, and only of that: the bank's or the carrier's, for "
                      "money that was sent back.",
           .presence = Presence::kNullable,
           .min_length = 1,
           .max_length = payments::kMaxReferenceLength}));

template <>
inline constexpr auto describe<payments::Refund> =
    object({.name = "Refund", .meaning = "A part of an order's money that is returned."},
           field("id", &payments::Refund::id), field("paymentId", &payments::Refund::payment_id),
           field("amount", &payments::Refund::amount),
           field("status", &payments::Refund::status, payments::kRefundStatusNames,
                 {.meaning = "`requested` until the payment provider has done it."}),
           field("reason", &payments::Refund::reason, {.max_length = payments::kMaxReasonLength}),
           field("reference", &payments::Refund::reference,
                 {.meaning = "The bank's or the carrier's, of a manual payment.",
                  .max_length = payments::kMaxReferenceLength}),
           field("by", &payments::Refund::actor), field("createdAt", &payments::Refund::created_at),
           field("items", &payments::Refund::items,
                 {.meaning = "Empty for a refund of an amount.", .max_length = orders::kMaxLines}));

template <>
inline constexpr auto describe<PaymentReceipt> = object(
    {.name = "PaymentReceipt",
     .meaning = "Money that was received or sent back outside of the shop.",
     .example = R"({"amount":{"amount":3998,"currency":"EUR"},"reference":"TRF-2025-0131"})"},
    field("amount", &PaymentReceipt::amount),
    field("reference", &PaymentReceipt::reference,
          {.meaning = "The bank's or the carrier's, on one line.",
           .min_length = 1,
           .max_length = payments::kMaxReferenceLength}));

template <>
inline constexpr auto describe<PaymentEvent> = object(
    {.name = "PaymentEvent", .meaning = "An event of a payment, sent by the provider."},
    field("id", &PaymentEvent::id,
          {.meaning = "Of the event.", .min_length = 1, .max_length = payments::kMaxEventIdLength}),
    field("type", &PaymentEvent::type,
          {.meaning = "`payment.` and the payment's new status.",
           .example = R"("payment.captured")"}),
    field("paymentId", &PaymentEvent::payment),
    field("reference", &PaymentEvent::reference,
          {.min_length = 1, .max_length = payments::kMaxReferenceLength}),
    field("amount", &PaymentEvent::amount),
    field("reason", &PaymentEvent::reason, {.presence = Presence::kOptional}));

}  // namespace souk::api
