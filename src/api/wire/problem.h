// The JSON form of a refusal. http::problem() writes it.
// Threading: constants.
#pragma once

#include "api/wire/common_types.h"

namespace souk::api {

struct Problem {
  std::string type;
  std::string title;
  std::int32_t status = 0;
  std::string detail;
  std::string code;
  std::vector<FieldError> errors;
  std::vector<inventory::Shortage> lines;
};

// The names of all error codes.
Names error_names();

template <>
inline constexpr auto describe<Problem> = object(
    {.name = "Problem",
     .meaning = "RFC 9457. `code` is stable; `detail` is for people.",
     .example = R"({"type":"urn:souk:problem:validation_failed","title":"Unprocessable Content",)"
                R"("status":422,"detail":"the body is not what this route takes",)"
                R"("code":"validation_failed",)"
                R"("errors":[{"pointer":"/price/amount","reason":"must be an integer"}]})"},
    field("type", &Problem::type, {.format = "uri-reference"}), field("title", &Problem::title),
    field("status", &Problem::status, {.minimum = 400, .maximum = 599}),
    field("detail", &Problem::detail), field("code", &Problem::code, {.names_from = error_names}),
    field("errors", &Problem::errors,
          {.meaning = "With validation_failed and, for parameters, invalid_request.",
           .presence = Presence::kOptional}),
    field("lines", &Problem::lines,
          {.meaning = "With out_of_stock.", .presence = Presence::kOptional}));

}  // namespace souk::api
