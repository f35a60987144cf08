// The next call to the provider, and what its answers may change; pure.
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "payments/types.h"

namespace souk::payments::rules {

enum class Step : std::uint8_t { kAuthorise, kCapture, kRefund, kCancel, kLookUp };
inline constexpr std::array<std::string_view, 5> kStepNames = {"authorise", "capture", "refund",
                                                               "cancel", "look_up"};

// Nothing when the payment is settled, or the next step is a person's. A payment that is only
// created and must be returned is authorised anyway: with the same key the provider returns the
// result of the first call, and only a known charge can be cancelled.
std::optional<Step> next_step(Status status, Goal goal, bool pays_later = false);

// Whether a person may still record its receipt.
bool is_open(const Payment& payment);

// The transitions that the database allows.
bool is_legal(Status from, Status to);

// What a message of the provider means, compared with the known status.
enum class News : std::uint8_t {
  kOld,  // late or repeated
  kNext,
  kContradiction,  // our books or the provider's are wrong about who has the money
};
News news(Status known, Status reported);

// Whether it holds the order's money, or may still receive it.
bool is_active(Status status);

// The kind of contradiction between the provider and our books.
enum class Contradiction : std::uint8_t {
  kStatus,
  kAmount,
  kCurrency,
  kReference,
  kUnknownPayment,  // not in our books
  kUnknownCharge,   // not in the provider's books
};
inline constexpr std::array<std::string_view, 6> kContradictionNames = {
    "status", "amount", "currency", "reference", "unknown_payment", "unknown_charge"};
std::optional<Contradiction> contradiction(const Payment& payment, const Money& amount,
                                           Status reported, std::string_view reference);

// Printable ASCII without spaces, 1 to `max` characters: the form of external identifiers.
bool is_token(std::string_view text, std::size_t max);

// Identifies a call across all its repetitions.
std::string idempotency_key(PaymentId id, Step step);
std::string idempotency_key(RefundId id);

}  // namespace souk::payments::rules
