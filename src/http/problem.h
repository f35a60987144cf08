// Problem documents (RFC 9457): application/problem+json with type, title, status, detail, code,
// and `errors` naming the refused members of the input.
#pragma once

#include <functional>
#include <string_view>

#include "base/error.h"
#include "base/json_writer.h"
#include "http/message.h"

namespace souk::http {

inline constexpr std::string_view kProblemType = "application/problem+json";

// With the status of its code.
Response problem(const Error& error);
Response problem(ErrorCode code, std::string_view detail);
// With additional members (RFC 9457 section 3.2), written by `extend`.
Response problem(const Error& error, const std::function<void(JsonWriter&)>& extend);
// Where the protocol has a status that says more than the code's own.
Response problem(int status, ErrorCode code, std::string_view detail);

}  // namespace souk::http
