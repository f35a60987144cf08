// Failures as responses: every exception has one error code.
// Threading: pure functions.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/message.h"
#include "inventory/types.h"

namespace souk::api {

// A problem document, with the fields that its status requires (WWW-Authenticate, Retry-After).
http::Response problem_of(const Error& error,
                          std::chrono::seconds retry_after = std::chrono::seconds(1));
// The same for lines that are short.
http::Response out_of_stock(const std::vector<inventory::Shortage>& lines, std::string detail);

// The client's view of an exception. `internal` means a defect that must be investigated.
Error error_of(const std::exception_ptr& exception);

}  // namespace souk::api
