#include "api/operation/errors.h"

#include <fmt/format.h>

#include "api/wire/common_types.h"
#include "api/wire/wire.h"
#include "http/problem.h"
#include "inventory/error_codes.h"
#include "postgres/errors.h"

namespace souk::api {

http::Response problem_of(const Error& error, std::chrono::seconds retry_after) {
  auto response = http::problem(error);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer");
  if (response.status == 503 || response.status == 429)
    response.headers.add("Retry-After", std::to_string(retry_after.count()));
  return response;
}

http::Response out_of_stock(const std::vector<inventory::Shortage>& lines, std::string detail) {
  const Error error{inventory::errors::kOutOfStock, std::move(detail)};
  return http::problem(error, [&lines](JsonWriter& json) {
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
