#include "base/parse.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace souk {
namespace {

template <class T>
std::optional<T> whole_number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view take(std::string_view& text, bool (*belongs)(char)) {
  std::size_t n = 0;
  while (n < text.size() && belongs(text[n])) ++n;
  const auto front = text.substr(0, n);
  text.remove_prefix(n);
  return front;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

using Unit = std::pair<std::string_view, std::uint64_t>;

// Largest first, so that formatting finds the largest unit that keeps an integer.
constexpr std::array<Unit, 6> kDurations = {{{"d", 86'400'000'000},
                                             {"h", 3'600'000'000},
                                             {"m", 60'000'000},
                                             {"s", 1'000'000},
                                             {"ms", 1'000},
                                             {"us", 1}}};
constexpr std::array<Unit, 8> kSizes = {{{"GiB", 1ULL << 30},
                                         {"MiB", 1ULL << 20},
                                         {"KiB", 1ULL << 10},
                                         {"GB", 1'000'000'000},
                                         {"MB", 1'000'000},
                                         {"kB", 1'000},
                                         {"B", 1},
                                         {"", 1}}};

// Removes "<number><unit>" from the front; the value in the smallest unit; nothing on overflow.
template <std::size_t N>
std::optional<std::uint64_t> take_quantity(std::string_view& text,
                                           const std::array<Unit, N>& units) {
  const auto number = whole_number<std::uint64_t>(take(text, is_digit));
  const auto name = take(text, is_letter);
  if (!number) return std::nullopt;
  for (const auto& [unit, factor] : units) {
    std::uint64_t value = 0;
    if (unit == name && !__builtin_mul_overflow(*number, factor, &value)) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return whole_number<std::int64_t>(text);
}

std::optional<double> parse_decimal(std::string_view text) { return whole_number<double>(text); }

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on" || text == "1") return true;
  if (text == "false" || text == "no" || text == "off" || text == "0") return false;
  return std::nullopt;
}

std::optional<std::chrono::microseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::microseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto part = take_quantity(text, kDurations);
    if (!part || *part > INT64_MAX ||
        __builtin_add_overflow(total, static_cast<std::int64_t>(*part), &total)) {
      return std::nullopt;
    }
  }
  return std::chrono::microseconds(total);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  const auto bytes = take_quantity(text, kSizes);
  return text.empty() ? bytes : std::nullopt;
}

std::string format_duration(std::chrono::microseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (count == 0) return "0s";
  for (const auto& [unit, factor] : kDurations) {
    if (count % factor == 0) return fmt::format("{}{}", count / factor, unit);
  }
  std::unreachable();
}

std::string format_bytes(std::uint64_t bytes) {
  for (const auto& [unit, factor] : {kSizes[0], kSizes[1], kSizes[2]}) {
    if (bytes != 0 && bytes % factor == 0) return fmt::format("{}{}", bytes / factor, unit);
  }
  return fmt::format("{}B", bytes);
}

}  // namespace souk
