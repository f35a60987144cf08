// What a client accepts, by its q-values (RFC 9110 section 12.4.2).
// Threading: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "http/message.h"

namespace souk::http {

// "0.8" as 800 thousandths; nothing but what RFC 9110 allows, else -1.
int parse_quality(std::string_view text);

// Which of `offered` ("type/subtype") the Accept fields prefer (RFC 9110 section 12.5.1): by the
// quality of the most specific range that covers it, among equals the first. Everything is
// acceptable where there is no such field. Parameters of a range other than q are not looked at; a
// range that is not well-formed counts as absent. Nothing where none is acceptable.
std::optional<std::size_t> preferred_type(const Headers& headers,
                                          std::span<const std::string_view> offered);

}  // namespace souk::http
