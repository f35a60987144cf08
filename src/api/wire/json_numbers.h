// Numbers of JSON that are integers, however they are written: RFC 8259 knows one kind of number,
// and what a client's library makes of 100 may be 100.0 or 1e2. Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace souk::api {

// The body with each such number written in digits alone, exactly; nothing where there is none to
// rewrite. What is no JSON stays as it is: the parser will tell.
std::optional<std::string> with_plain_integers(std::string_view body);

}  // namespace souk::api
