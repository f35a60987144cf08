// A request for a part of a representation (RFC 9110 section 14).
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace souk::http {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;  // 0: not satisfiable
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// The part of `total` bytes that a GET asks for. Nothing: all of it, as well for a malformed field,
// several ranges or another unit, and when If-Range names another representation than the strong
// `etag`; a date never matches, as no Last-Modified is sent.
std::optional<ByteRange> requested_range(const Request& request, std::uint64_t total,
                                         std::string_view etag);

}  // namespace souk::http
