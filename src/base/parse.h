// Values as people write them in settings, flags and queries: "30s", "64MiB", "true".
// Each parses the whole text or returns nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace souk {

std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_decimal(std::string_view text);
// true, false, yes, no, on, off, 1, 0.
std::optional<bool> parse_bool(std::string_view text);
// A number and a unit: us, ms, s, m, h, d. May be repeated ("1h30m").
std::optional<std::chrono::microseconds> parse_duration(std::string_view text);
// A number and an optional unit: B, KiB, MiB, GiB (1024) or kB, MB, GB (1000).
std::optional<std::uint64_t> parse_bytes(std::string_view text);

// The inverse, in the largest unit that keeps an integer.
std::string format_duration(std::chrono::microseconds duration);
std::string format_bytes(std::uint64_t bytes);

}  // namespace souk
