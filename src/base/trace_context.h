// Names a span across processes: W3C trace context (https://www.w3.org/TR/trace-context/).
// Threading: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace souk {

using TraceId = std::array<std::uint8_t, 16>;  // not all zero
using SpanId = std::array<std::uint8_t, 8>;    // not all zero

inline constexpr std::uint8_t kTraceSampled = 0x01;

struct TraceContext {
  TraceId trace_id{};
  SpanId span_id{};
  std::uint8_t flags = 0;

  bool is_sampled() const { return (flags & kTraceSampled) != 0; }
  void set_sampled(bool sampled) {
    flags = static_cast<std::uint8_t>((flags & ~kTraceSampled) | (sampled ? kTraceSampled : 0));
  }

  // Parses a `traceparent` header strictly (section 3.2): lower-case hexadecimal, no zero ids,
  // version not ff; a version above 00 may have more after a hyphen. Nothing if it is invalid.
  static std::optional<TraceContext> parse(std::string_view traceparent);
  // The header for a call made by this span, always version 00.
  std::string to_traceparent() const;
};

}  // namespace souk
