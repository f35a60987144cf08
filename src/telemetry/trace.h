// Identifies a request across processes: W3C trace context (https://www.w3.org/TR/trace-context/)
// and Souk's own request id, which goes into every log line and problem document of the request.
// Threading: plain values; a RequestIdSource belongs to one worker.
// Ownership: a source borrows clock and random, which outlive it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/uuid.h"

namespace souk::telemetry {

using TraceId = std::array<std::uint8_t, 16>;  // not all zero
using SpanId = std::array<std::uint8_t, 8>;    // not all zero

inline constexpr std::uint8_t kTraceSampled = 0x01;

struct TraceContext {
  TraceId trace_id{};
  SpanId span_id{};
  std::uint8_t flags = 0;

  // Parses a `traceparent` header strictly (section 3.2): lower-case hexadecimal, no zero ids,
  // version not ff; a version above 00 may have more after a hyphen. Nothing if it is invalid.
  static std::optional<TraceContext> parse(std::string_view traceparent);
  // The header for a call made by this span, always version 00.
  std::string to_traceparent() const;
};

struct RequestIds {
  Uuid request;        // version 7
  TraceContext trace;  // span_id is this request's own
};

class RequestIdSource {
 public:
  RequestIdSource(const Clock& clock, Random& random) : uuids_(clock, random) {}

  // Joins the caller's trace if `traceparent` is valid, else starts a new one: with the request's
  // id as trace id and that id's random half as span id.
  RequestIds next(std::string_view traceparent);

 private:
  UuidGenerator uuids_;
};

}  // namespace souk::telemetry
