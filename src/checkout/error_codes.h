// The refusals of the flows across domains: orders, reservations and payments.
// Threading: constants.
#pragma once

#include "base/error.h"

namespace souk::checkout::errors {

inline constexpr ErrorInfo kUnknownAddress{"unknown_address", 422,
                                           "The address does not exist or is not the caller's."};
inline constexpr ErrorInfo kAddressRequired{
    "address_required", 422, "The order names no address, and its buyer has no default one."};
inline constexpr ErrorInfo kNotCancellable{"not_cancellable", 409,
                                           "The order is in a state that cannot be cancelled."};
inline constexpr ErrorInfo kIllegalTransition{
    "illegal_transition", 409, "The order's state does not allow the requested transition."};
inline constexpr ErrorInfo kPaymentDeclined{
    "payment_declined", 402, "The payment provider refused the payment; nothing was charged."};
inline constexpr ErrorInfo kPaymentConflict{
    "payment_conflict", 409,
    "The order cannot be paid: it is closed, or another payment is in progress."};
inline constexpr ErrorInfo kInvalidSignature{
    "invalid_signature", 403, "The message is not signed by the payment provider, or too old."};
inline constexpr ErrorInfo kReservationNotHeld{
    "reservation_not_held", 409, "The reservation was ordered or released, or has expired."};
inline constexpr ErrorInfo kIdempotencyKeyReused{
    "idempotency_key_reused", 422, "The Idempotency-Key was used before with a different request."};

}  // namespace souk::checkout::errors
