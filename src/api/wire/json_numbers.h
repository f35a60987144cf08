// Integers in JSON, in any notation: RFC 8259 has one kind of number, and a client's library may
// write 100 as 100.0 or 1e2. Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace souk::api {

// The body with each such number rewritten exactly in digits; nothing if there is none to rewrite.
// Invalid JSON is left to the parser.
std::optional<std::string> with_plain_integers(std::string_view body);

}  // namespace souk::api
