#include "api/operation/errors.h"

#include <fmt/format.h>

#include <array>

#include "api/wire/common_types.h"
#include "api/wire/wire.h"
#include "base/assert.h"
#include "http/problem.h"
#include "postgres/errors.h"

namespace souk::api {
namespace {

struct CodeStatus {
  ErrorCode code;
  int status;
};

// In the order of the enumeration.
constexpr std::array kStatuses = {
    CodeStatus{ErrorCode::kInvalidRequest, 400},
    CodeStatus{ErrorCode::kValidationFailed, 422},
    CodeStatus{ErrorCode::kUnauthenticated, 401},
    CodeStatus{ErrorCode::kInvalidCredentials, 401},
    CodeStatus{ErrorCode::kForbidden, 403},
    CodeStatus{ErrorCode::kNotFound, 404},
    CodeStatus{ErrorCode::kMethodNotAllowed, 405},
    CodeStatus{ErrorCode::kNotAcceptable, 406},
    CodeStatus{ErrorCode::kEmailTaken, 409},
    CodeStatus{ErrorCode::kOutOfStock, 409},
    CodeStatus{ErrorCode::kUnknownProduct, 422},
    CodeStatus{ErrorCode::kUnknownAddress, 422},
    CodeStatus{ErrorCode::kUnknownCategory, 422},
    CodeStatus{ErrorCode::kNotCancellable, 409},
    CodeStatus{ErrorCode::kIllegalTransition, 409},
    CodeStatus{ErrorCode::kPaymentDeclined, 402},
    CodeStatus{ErrorCode::kPaymentConflict, 409},
    CodeStatus{ErrorCode::kInvalidSignature, 403},
    CodeStatus{ErrorCode::kReservationNotHeld, 409},
    CodeStatus{ErrorCode::kIdempotencyKeyReused, 422},
    CodeStatus{ErrorCode::kLimitReached, 409},
    CodeStatus{ErrorCode::kPreconditionFailed, 412},
    CodeStatus{ErrorCode::kUnsupportedMediaType, 415},
    CodeStatus{ErrorCode::kRequestTooLarge, 413},
    CodeStatus{ErrorCode::kRequestTimeout, 408},
    CodeStatus{ErrorCode::kTooManyRequests, 429},
    CodeStatus{ErrorCode::kOverloaded, 503},
    CodeStatus{ErrorCode::kUnavailable, 503},
    CodeStatus{ErrorCode::kReadOnly, 503},
    CodeStatus{ErrorCode::kOutcomeUnknown, 504},
    CodeStatus{ErrorCode::kDeadlineExceeded, 503},
    CodeStatus{ErrorCode::kInternal, 500},
};

}  // namespace

int status_of(ErrorCode code) {
  const auto& entry = kStatuses.at(static_cast<std::size_t>(code));
  SOUK_ASSERT(entry.code == code);
  return entry.status;
}

http::Response problem_of(const Error& error, std::chrono::seconds retry_after) {
  auto response = http::problem(status_of(error.code), error);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer");
  if (response.status == 503 || response.status == 429)
    response.headers.add("Retry-After", std::to_string(retry_after.count()));
  return response;
}

http::Response out_of_stock(const std::vector<inventory::Shortage>& lines, std::string detail) {
  const Error error{ErrorCode::kOutOfStock, std::move(detail)};
  return http::problem(status_of(error.code), error, [&lines](JsonWriter& json) {
    json.key("lines");
    json.begin_array();
    for (const auto& line : lines) write(json, line);
    json.end_array();
  });
}

Error error_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Overloaded& error) {
    return {ErrorCode::kOverloaded, fmt::format("{}; try again", error.what())};
  } catch (const Timeout&) {
    return {ErrorCode::kDeadlineExceeded, "the database took too long; nothing was changed"};
  } catch (const ReadOnly&) {
    return {ErrorCode::kReadOnly, "only reads are served at the moment; nothing was changed"};
  } catch (const Unavailable&) {
    return {ErrorCode::kUnavailable, "the database cannot be reached; nothing was changed"};
  } catch (const postgres::StatementError& error) {
    if (error.retryable() || error.lock_not_available()) {
      return {ErrorCode::kOverloaded, "too many want the same at once; nothing was changed"};
    }
    return {ErrorCode::kInternal, "something went wrong here; the request id tells us what"};
  } catch (const OutcomeUnknown&) {
    return {ErrorCode::kOutcomeUnknown,
            "the database was lost during the change, which may have happened or not"};
  } catch (...) {
    return {ErrorCode::kInternal, "something went wrong here; the request id tells us what"};
  }
}

}  // namespace souk::api
