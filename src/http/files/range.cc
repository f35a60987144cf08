#include "http/files/range.h"

#include <algorithm>
#include <charconv>

#include "http/syntax.h"

namespace souk::http {
namespace {

constexpr std::string_view kUnit = "bytes=";

// Digits only. A number that is too large is the largest.
std::optional<std::uint64_t> read_position(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? number : UINT64_MAX;
}

}  // namespace

std::optional<ByteRange> requested_range(const Request& request, std::uint64_t total,
                                         std::string_view etag) {
  if (request.method != Method::kGet) return std::nullopt;
  const auto field = request.headers.find("Range");
  if (!field || !equals_ignoring_case(field->substr(0, kUnit.size()), kUnit)) return std::nullopt;
  const auto condition = request.headers.find("If-Range");
  if (condition && (*condition != etag || etag.starts_with("W/"))) return std::nullopt;

  const auto range = syntax::trim(field->substr(kUnit.size()));
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto begin = range.substr(0, dash);
  const auto end = range.substr(dash + 1);
  if (begin.empty()) {
    const auto suffix = read_position(end);
    if (!suffix) return std::nullopt;
    const auto size = std::min(*suffix, total);
    return ByteRange{.first = total - size, .size = size};
  }
  const auto first = read_position(begin);
  const auto last = end.empty() ? UINT64_MAX : read_position(end);
  if (!first || !last || *last < *first) return std::nullopt;
  if (*first >= total) return ByteRange{};
  return ByteRange{.first = *first, .size = std::min(*last, total - 1) - *first + 1};
}

}  // namespace souk::http
