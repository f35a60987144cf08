// What is to be asked of the provider next, and what its answers may change; pure.
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

// Nothing where the payment is settled, or the next step is a person's. One that is only created
// and wanted back is authorised all the same: asked again under its key the provider tells what
// became of the first call, and only what is known can be let go.
std::optional<Step> next_step(Status status, Goal goal, bool pays_later = false);

// Money that may come yet, by a person's record.
bool is_open(const Payment& payment);

// What the database lets a payment become.
bool is_legal(Status from, Status to);

// What a message of the provider means beside what is known already.
enum class News : std::uint8_t {
  kOld,  // late or repeated: a payment never goes back in time
  kNext,
  kContradiction,  // one of both books is wrong about who has the money
};
News news(Status known, Status told);

// Still holds the order's money, or may come to.
bool is_active(Status status);

// What of the provider's words contradicts what is written here.
enum class Contradiction : std::uint8_t {
  kStatus,
  kAmount,
  kCurrency,
  kReference,
  kUnknownPayment,  // there is no such payment here
  kUnknownCharge,   // and none there
};
inline constexpr std::array<std::string_view, 6> kContradictionNames = {
    "status", "amount", "currency", "reference", "unknown_payment", "unknown_charge"};
std::optional<Contradiction> contradiction(const Payment& payment, const Money& amount, Status told,
                                           std::string_view reference);

// Printable ASCII without spaces, 1 to `max` characters: what identifiers from outside may be.
bool is_token(std::string_view text, std::size_t max);

// What makes a call one call, however often it is sent.
std::string idempotency_key(PaymentId id, Step step);

}  // namespace souk::payments::rules
