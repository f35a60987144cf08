// When a server that refused asks to be tried again (RFC 9110, 10.2.3).
// Threading: pure.
#pragma once

#include <chrono>
#include <optional>

#include "http/headers.h"

namespace souk::http {

// From the response on, at most `max`; nothing without a valid Retry-After. A date, in any of the
// three forms of 5.6.7, counts from the response's own Date, so no clock of ours matters.
std::optional<std::chrono::seconds> retry_after(const Headers& headers, std::chrono::seconds max);

}  // namespace souk::http
