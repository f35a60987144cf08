// Expected failures as values: a stable code, a sentence for people, and the wrong parts of the
// input. Codes are part of the wire contract: never renamed, never reused.
// Threading: plain values.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace souk {

enum class ErrorCode : std::uint8_t {
  kInvalidRequest,
  kValidationFailed,
  kUnauthenticated,
  kInvalidCredentials,
  kForbidden,
  kNotFound,
  kMethodNotAllowed,
  kNotAcceptable,
  kEmailTaken,
  kOutOfStock,
  kUnknownProduct,
  kUnknownAddress,
  kUnknownCategory,
  kNotCancellable,
  kIllegalTransition,
  kPaymentDeclined,
  kPaymentConflict,
  kInvalidSignature,
  kReservationNotHeld,
  kIdempotencyKeyReused,
  kLimitReached,
  kPreconditionFailed,
  kUnsupportedMediaType,
  kRequestTooLarge,
  kRequestTimeout,
  kTooManyRequests,
  kOverloaded,
  kUnavailable,
  kReadOnly,
  kOutcomeUnknown,
  kDeadlineExceeded,
  kInternal,
};

struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;     // on the wire, e.g. "out_of_stock"
  std::string_view meaning;  // one sentence for the reference page
};

// Every code once, in the order of the enumeration.
std::span<const ErrorCodeInfo> error_codes();
std::string_view error_code_name(ErrorCode code);

// One refused member of the input.
struct FieldError {
  std::string pointer;  // JSON pointer (RFC 6901) or the query parameter's name
  std::string reason;
};

struct Error {
  ErrorCode code;
  std::string detail;
  std::vector<FieldError> fields = {};
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string detail,
                                                 std::vector<FieldError> fields = {}) {
  return std::unexpected(Error{code, std::move(detail), std::move(fields)});
}

}  // namespace souk
