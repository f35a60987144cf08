// Accept, Accept-Encoding and their q-values (RFC 9110 section 12).
// Threading: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "http/coding/coding.h"
#include "http/message.h"

namespace souk::http {

// Reads a q-value in thousandths: 800 for "0.8"; -1 for any text that RFC 9110 does not allow.
int parse_quality(std::string_view text);

// The index in `offered` ("type/subtype") that the Accept fields prefer (RFC 9110 section 12.5.1):
// by the quality of the most specific matching range, the first among equals. Without the field
// every type is acceptable. Parameters other than q are ignored; a malformed range counts as
// absent. Nothing when no type is acceptable.
std::optional<std::size_t> preferred_type(const Headers& headers,
                                          std::span<const std::string_view> offered);

// The coding among `offered`, best first, that the Accept-Encoding fields prefer by their q-values:
// the first among equals, identity after all that are asked for (RFC 9110 section 12.5.3). An
// unacceptable coding is never chosen, except identity when nothing else is acceptable: an answer
// is better than none. A malformed member counts as absent.
ContentCoding preferred_coding(const Headers& headers, std::span<const ContentCoding> offered);

}  // namespace souk::http
