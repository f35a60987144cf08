// Timestamps as text: RFC 3339, always UTC, always microseconds ("2025-01-31T12:00:00.000000Z").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace souk {

inline constexpr std::size_t kRfc3339Size = 27;

// Writes exactly kRfc3339Size characters. A time before year 0000 or after year 9999, as
// PostgreSQL's infinities are, is written as the first or last microsecond of those years.
void format_rfc3339(Timestamp time, char* out);
std::string to_rfc3339(Timestamp time);
// Accepts any offset and up to nine fraction digits (truncated to microseconds); also a date alone.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace souk
