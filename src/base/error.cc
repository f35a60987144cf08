#include "base/error.h"

#include <array>
#include <cstddef>

#include "base/assert.h"

namespace souk {
namespace {

constexpr std::array kCodes = {
    ErrorCodeInfo{ErrorCode::kInvalidRequest, "invalid_request",
                  "The request is not well-formed: bad JSON, a body where none is taken, bad "
                  "parameter, bad header."},
    ErrorCodeInfo{ErrorCode::kValidationFailed, "validation_failed",
                  "The request is well-formed but some of its values are not allowed; `errors` "
                  "names them."},
    ErrorCodeInfo{ErrorCode::kUnauthenticated, "unauthenticated",
                  "The route needs a valid bearer token."},
    ErrorCodeInfo{ErrorCode::kInvalidCredentials, "invalid_credentials",
                  "The e-mail address or the password is wrong."},
    ErrorCodeInfo{ErrorCode::kForbidden, "forbidden", "The signed-in user may not do this."},
    ErrorCodeInfo{ErrorCode::kNotFound, "not_found",
                  "There is no such thing, or it is not the caller's."},
    ErrorCodeInfo{ErrorCode::kMethodNotAllowed, "method_not_allowed",
                  "The path exists, the method does not; `Allow` lists those that do."},
    ErrorCodeInfo{ErrorCode::kNotAcceptable, "not_acceptable",
                  "The route answers in none of the media types that `Accept` names."},
    ErrorCodeInfo{ErrorCode::kEmailTaken, "email_taken",
                  "Another account already uses this e-mail address."},
    ErrorCodeInfo{ErrorCode::kOutOfStock, "out_of_stock",
                  "Too few units are left; `lines` names the lines concerned."},
    ErrorCodeInfo{ErrorCode::kUnknownProduct, "unknown_product",
                  "A line names a product that does not exist or is not for sale."},
    ErrorCodeInfo{ErrorCode::kUnknownAddress, "unknown_address",
                  "The address does not exist or is not the caller's."},
    ErrorCodeInfo{ErrorCode::kUnknownCategory, "unknown_category", "The category does not exist."},
    ErrorCodeInfo{ErrorCode::kNotCancellable, "not_cancellable",
                  "The order is in a state that cannot be cancelled."},
    ErrorCodeInfo{ErrorCode::kIllegalTransition, "illegal_transition",
                  "The order's state does not lead to the one that was asked for."},
    ErrorCodeInfo{ErrorCode::kPaymentDeclined, "payment_declined",
                  "The payment provider refused the payment; nothing was charged."},
    ErrorCodeInfo{ErrorCode::kPaymentConflict, "payment_conflict",
                  "The order cannot be paid: it is closed, or another payment is under way."},
    ErrorCodeInfo{ErrorCode::kInvalidSignature, "invalid_signature",
                  "The message is not signed by the payment provider, or too old."},
    ErrorCodeInfo{ErrorCode::kReservationNotHeld, "reservation_not_held",
                  "The reservation was ordered, released, or its time is over."},
    ErrorCodeInfo{ErrorCode::kIdempotencyKeyReused, "idempotency_key_reused",
                  "The Idempotency-Key was used before with a different request."},
    ErrorCodeInfo{ErrorCode::kLimitReached, "limit_reached",
                  "A named limit on what one account may hold is reached."},
    ErrorCodeInfo{ErrorCode::kPreconditionFailed, "precondition_failed",
                  "`If-Match` or `If-None-Match` asks for another version than the current one."},
    ErrorCodeInfo{ErrorCode::kUnsupportedMediaType, "unsupported_media_type",
                  "The body's Content-Type is not one the route reads."},
    ErrorCodeInfo{ErrorCode::kRequestTooLarge, "request_too_large",
                  "The request line, the header block or the body exceeds its limit."},
    ErrorCodeInfo{ErrorCode::kRequestTimeout, "request_timeout",
                  "The request did not arrive completely in time."},
    ErrorCodeInfo{ErrorCode::kTooManyRequests, "too_many_requests",
                  "This client asks for too much of what is dear at once; try again after "
                  "`Retry-After`."},
    ErrorCodeInfo{ErrorCode::kOverloaded, "overloaded",
                  "A queue is full; try again after `Retry-After`."},
    ErrorCodeInfo{ErrorCode::kUnavailable, "unavailable",
                  "The database cannot be reached at the moment; nothing was changed."},
    ErrorCodeInfo{
        ErrorCode::kReadOnly, "read_only",
        "This node, or its database, only serves reads at the moment; nothing was changed."},
    ErrorCodeInfo{
        ErrorCode::kOutcomeUnknown, "outcome_unknown",
        "The connection to the database was lost while it was writing; ask again with the "
        "same Idempotency-Key to learn what happened."},
    ErrorCodeInfo{ErrorCode::kDeadlineExceeded, "deadline_exceeded",
                  "The request took longer than its deadline and was given up."},
    ErrorCodeInfo{ErrorCode::kInternal, "internal",
                  "A defect in Souk; the log has the details under the request id."},
};

}  // namespace

std::span<const ErrorCodeInfo> error_codes() { return kCodes; }

std::string_view error_code_name(ErrorCode code) {
  const auto& info = kCodes.at(static_cast<std::size_t>(code));
  SOUK_ASSERT(info.code == code);
  return info.name;
}

}  // namespace souk
