// Expected failures as values: a stable code, a sentence for people, and the wrong parts of the
// input. Codes are part of the wire contract: never renamed, never reused.
// Threading: plain values.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace souk {

// One kind of refusal. Each is a constant with static storage, declared by the module whose rule it
// is (error_codes.h); ErrorCode has those that belong to none.
struct ErrorInfo {
  constexpr ErrorInfo(std::string_view wire_name, int http_status, std::string_view sentence)
      : name(wire_name), status(http_status), meaning(sentence) {}
  ErrorInfo(const ErrorInfo&) = delete;
  ErrorInfo& operator=(const ErrorInfo&) = delete;

  std::string_view name;     // on the wire, e.g. "out_of_stock"
  int status;                // that an HTTP answer has with it
  std::string_view meaning;  // one sentence for the reference page
};

// Refers to one of these constants.
class ErrorCode {
 public:
  constexpr ErrorCode(const ErrorInfo& info)  // NOLINT(google-explicit-constructor)
      : info_(&info) {}
  ErrorCode(ErrorInfo&&) = delete;

  constexpr std::string_view name() const { return info_->name; }
  constexpr int status() const { return info_->status; }
  constexpr std::string_view meaning() const { return info_->meaning; }

  friend constexpr bool operator==(ErrorCode, ErrorCode) = default;

  static constexpr ErrorInfo kInvalidRequest{"invalid_request", 400,
                                             "The request is not well-formed: bad JSON, a body "
                                             "where none is accepted, bad parameter, bad header."};
  static constexpr ErrorInfo kValidationFailed{
      "validation_failed", 422,
      "The request is well-formed but some of its values are not allowed; `errors` names them."};
  static constexpr ErrorInfo kUnauthenticated{"unauthenticated", 401,
                                              "The route needs a valid bearer token."};
  static constexpr ErrorInfo kForbidden{"forbidden", 403, "The signed-in user may not do this."};
  static constexpr ErrorInfo kNotFound{"not_found", 404,
                                       "The resource does not exist, or is not the caller's."};
  static constexpr ErrorInfo kLimitReached{"limit_reached", 409,
                                           "A limit on the resources of one account is reached."};
  static constexpr ErrorInfo kPreconditionFailed{
      "precondition_failed", 412,
      "`If-Match` or `If-None-Match` requires another version than the current one."};
  static constexpr ErrorInfo kTooManyRequests{
      "too_many_requests", 429,
      "This client sends too many expensive requests; try again after `Retry-After`."};
  static constexpr ErrorInfo kOverloaded{"overloaded", 503,
                                         "A queue is full; try again after `Retry-After`."};
  static constexpr ErrorInfo kUnavailable{
      "unavailable", 503, "The database is unreachable at the moment; nothing was changed."};
  static constexpr ErrorInfo kReadOnly{
      "read_only", 503,
      "This node, or its database, only serves reads at the moment; nothing was changed."};
  static constexpr ErrorInfo kOutcomeUnknown{
      "outcome_unknown", 504,
      "The connection to the database was lost during the write; repeat the request with the same "
      "Idempotency-Key to learn its outcome."};
  static constexpr ErrorInfo kDeadlineExceeded{
      "deadline_exceeded", 503, "The request took longer than its deadline and was cancelled."};
  static constexpr ErrorInfo kInternal{
      "internal", 500, "A defect in Souk; the log has the details under the request id."};

 private:
  const ErrorInfo* info_;
};

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
