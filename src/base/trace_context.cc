#include "base/trace_context.h"

#include <algorithm>
#include <span>

#include "base/encoding.h"

namespace souk {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags
constexpr std::size_t kTraceparentSize = 2 + 1 + 32 + 1 + 16 + 1 + 2;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

bool is_zero(std::span<const std::uint8_t> id) {
  return std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<TraceContext> TraceContext::parse(std::string_view header) {
  if (header.size() < kTraceparentSize) return std::nullopt;
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  std::uint8_t version = 0;
  TraceContext context;
  if (!read_hex(header, {&version, 1}) || !read_hex(header.substr(3), context.trace_id) ||
      !read_hex(header.substr(36), context.span_id) ||
      !read_hex(header.substr(53), {&context.flags, 1})) {
    return std::nullopt;
  }
  if (version == 0xff || is_zero(context.trace_id) || is_zero(context.span_id)) return std::nullopt;
  const auto rest = header.substr(kTraceparentSize);
  if (!rest.empty() && (version == 0 || rest[0] != '-')) return std::nullopt;
  return context;
}

std::string TraceContext::to_traceparent() const {
  return "00-" + to_hex(trace_id) + '-' + to_hex(span_id) + '-' + to_hex({&flags, 1});
}

}  // namespace souk
