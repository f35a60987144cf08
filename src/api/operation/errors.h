// How failures look on the wire: every error code has one status, every exception one code.
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

int status_of(ErrorCode code);

// A problem document, with the fields its status asks for (WWW-Authenticate, Retry-After).
http::Response problem_of(const Error& error,
                          std::chrono::seconds retry_after = std::chrono::seconds(1));
// The same for lines that cannot be had in full.
http::Response out_of_stock(const std::vector<inventory::Shortage>& lines, std::string detail);

// What a client is told about an exception. `internal` means a defect: somebody should look.
Error error_of(const std::exception_ptr& exception);

}  // namespace souk::api
