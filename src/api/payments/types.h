// Payments, as they look on the wire.
// Threading: constants.
#pragma once

#include "api/wire/common_types.h"
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
    field("status", &payments::Payment::status, payments::kStatusNames),
    field("goal", &payments::Payment::goal, payments::kGoalNames),
    field("failure", &payments::Payment::failure, {.meaning = "Why it failed."}),
    field("reference", &payments::Payment::reference,
          {.meaning = "The provider's, the bank's or the carrier's."}),
    field("refundReference", &payments::Payment::refund_reference,
          {.meaning = "The reference of money that an administrator sent back."}),
    field("createdAt", &payments::Payment::created_at));

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
