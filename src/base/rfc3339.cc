#include "base/rfc3339.h"

#include <algorithm>

namespace souk {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr Timestamp kFirst = sys_days(std::chrono::year(0) / 1 / 1);
constexpr Timestamp kLast = sys_days(std::chrono::year(10'000) / 1 / 1) - microseconds(1);

void digits(char* out, std::int64_t number, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

// Reads fixed-width fields from the front of the text.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  int number(std::size_t width) {
    if (rest.size() < width) return fail();
    int value = 0;
    for (const char c : rest.substr(0, width)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    rest.remove_prefix(width);
    return value;
  }
  void literal(char c) {
    if (rest.empty() || rest.front() != c) {
      fail();
    } else {
      rest.remove_prefix(1);
    }
  }
  bool accept(std::string_view any_of) {
    if (rest.empty() || any_of.find(rest.front()) == std::string_view::npos) return false;
    rest.remove_prefix(1);
    return true;
  }
  int fail() {
    ok = false;
    return 0;
  }
};

std::optional<microseconds> scan_fraction(Scanner& in) {
  microseconds fraction{0};
  std::int64_t unit = 100'000;
  int count = 0;
  while (!in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9') {
    if (++count > 9) return std::nullopt;
    fraction += microseconds((in.rest.front() - '0') * unit);
    unit /= 10;
    in.rest.remove_prefix(1);
  }
  return count > 0 ? std::optional(fraction) : std::nullopt;
}

}  // namespace

void format_rfc3339(Timestamp time, char* out) {
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<days>(time);
  const year_month_day date(day);
  auto rest = (time - day).count();
  digits(out, static_cast<int>(date.year()), 4);
  out[4] = '-';
  digits(out + 5, static_cast<unsigned>(date.month()), 2);
  out[7] = '-';
  digits(out + 8, static_cast<unsigned>(date.day()), 2);
  out[10] = 'T';
  digits(out + 20, rest % 1'000'000, 6);
  rest /= 1'000'000;
  digits(out + 11, rest / 3600, 2);
  out[13] = ':';
  digits(out + 14, rest / 60 % 60, 2);
  out[16] = ':';
  digits(out + 17, rest % 60, 2);
  out[19] = '.';
  out[26] = 'Z';
}

std::string to_rfc3339(Timestamp time) {
  std::string text(kRfc3339Size, '\0');
  format_rfc3339(time, text.data());
  return text;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  Scanner in{text};
  const int year = in.number(4);
  in.literal('-');
  const int month = in.number(2);
  in.literal('-');
  const int day = in.number(2);
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!in.ok || !date.ok()) return std::nullopt;
  Timestamp time = sys_days(date);
  if (in.rest.empty()) return time;

  if (!in.accept("Tt ")) return std::nullopt;
  const int hour = in.number(2);
  in.literal(':');
  const int minute = in.number(2);
  in.literal(':');
  const int second = in.number(2);
  if (!in.ok || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  time += hours(hour) + minutes(minute) + seconds(second);
  if (in.accept(".")) {
    const auto fraction = scan_fraction(in);
    if (!fraction) return std::nullopt;
    time += *fraction;
  }
  if (in.accept("Zz")) return in.rest.empty() ? std::optional(time) : std::nullopt;
  const bool west = !in.rest.empty() && in.rest.front() == '-';
  if (!in.accept("+-")) return std::nullopt;
  const int offset_hours = in.number(2);
  in.literal(':');
  const int offset_minutes = in.number(2);
  if (!in.ok || !in.rest.empty() || offset_hours > 23 || offset_minutes > 59) return std::nullopt;
  const auto offset = hours(offset_hours) + minutes(offset_minutes);
  return west ? time + offset : time - offset;
}

}  // namespace souk
