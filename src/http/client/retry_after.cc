#include "http/client/retry_after.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

#include "base/parse.h"

namespace souk::http {
namespace {

using std::chrono::seconds;

// IMF-fixdate, and the obsolete ones of RFC 850 and of asctime(). Their names are those of the C
// locale, which the process has.
constexpr std::array kForms = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                               "%a %b %d %H:%M:%S %Y"};

std::optional<seconds> seconds_of(std::string_view date) {
  const std::string text(date);
  for (const auto* form : kForms) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), form, &parts);
    if (end == text.c_str() + text.size()) return seconds(::timegm(&parts));
  }
  return std::nullopt;
}

}  // namespace

std::optional<seconds> retry_after(const Headers& headers, seconds max) {
  const auto asked = headers.find("Retry-After");
  if (!asked || asked->empty()) return std::nullopt;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::ranges::all_of(*asked, is_digit)) {
    // More digits than a number holds ask for more than the maximum.
    const auto number = parse_decimal(*asked);
    return number && *number < static_cast<double>(max.count())
               ? seconds(static_cast<seconds::rep>(*number))
               : max;
  }
  const auto date = headers.find("Date");
  const auto at = seconds_of(*asked);
  const auto from = date ? seconds_of(*date) : std::nullopt;
  if (!at || !from) return std::nullopt;
  return std::clamp(*at - *from, seconds::zero(), max);
}

}  // namespace souk::http
