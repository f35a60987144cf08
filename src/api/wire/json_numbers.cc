#include "api/wire/json_numbers.h"

#include <algorithm>

#include "base/parse.h"

namespace souk::api {
namespace {

constexpr std::size_t kMaxDigits = 19;  // of a 64-bit integer
constexpr std::string_view kDigits = "0123456789";

std::string_view take(std::string_view& text, std::string_view of) {
  const auto taken = text.substr(0, text.find_first_not_of(of));
  text.remove_prefix(taken.size());
  return taken;
}

bool accept(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// In digits; nothing if it is malformed (RFC 8259 section 6) or no 64-bit integer.
std::optional<std::string> plain_integer(std::string_view number) {
  const bool negative = accept(number, '-');
  const auto whole = take(number, kDigits);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return std::nullopt;
  std::string digits(whole);
  std::int64_t exponent = 0;
  if (accept(number, '.')) {
    const auto fraction = take(number, kDigits);
    if (fraction.empty()) return std::nullopt;
    digits += fraction;
    exponent -= static_cast<std::int64_t>(fraction.size());
  }
  if (!number.empty()) {
    if (!accept(number, 'e') && !accept(number, 'E')) return std::nullopt;
    const bool down = accept(number, '-');
    if (!down) accept(number, '+');
    constexpr std::size_t kMaxExponentDigits = 9;
    const auto power = take(number, kDigits);
    if (power.empty() || power.size() > kMaxExponentDigits || !number.empty()) return std::nullopt;
    const auto value = parse_integer(power);
    if (!value) return std::nullopt;
    exponent += down ? -*value : *value;
  }
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) return "0";
  for (; exponent < 0 && digits.ends_with('0'); ++exponent) digits.pop_back();
  if (exponent < 0 || digits.size() + static_cast<std::size_t>(exponent) > kMaxDigits) {
    return std::nullopt;
  }
  digits.append(static_cast<std::size_t>(exponent), '0');
  return negative ? "-" + digits : digits;
}

// Removes and returns a string with its quotes, if both are there.
std::string_view take_string(std::string_view& text) {
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  const auto taken = text.substr(0, end + 1);
  text.remove_prefix(taken.size());
  return taken;
}

}  // namespace

std::optional<std::string> with_plain_integers(std::string_view body) {
  constexpr std::string_view kNumber = "-+.eE0123456789";
  std::string out;
  bool rewritten = false;
  while (!body.empty()) {
    if (body.front() == '"') {
      out += take_string(body);
    } else if (body.front() == '-' || kDigits.contains(body.front())) {
      const auto number = take(body, kNumber);
      const bool plain = number.find_first_of(".eE") == std::string_view::npos;
      const auto integer = plain ? std::nullopt : plain_integer(number);
      rewritten = rewritten || integer.has_value();
      out += integer ? *integer : number;
    } else {
      out += body.front();
      body.remove_prefix(1);
    }
  }
  if (!rewritten) return std::nullopt;
  return out;
}

}  // namespace souk::api
