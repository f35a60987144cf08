// Identifies a request across processes: W3C trace context (https://www.w3.org/TR/trace-context/)
// and Souk's own request id, which goes into every log line and problem document of the request.
// Threading: plain values; a RequestIdSource belongs to one worker.
// Ownership: a source borrows clock and random, which outlive it.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/trace_context.h"
#include "base/uuid.h"

namespace souk::telemetry {

using souk::kTraceSampled;
using souk::SpanId;
using souk::TraceContext;
using souk::TraceId;

struct RequestIds {
  Uuid request;        // version 7
  TraceContext trace;  // span_id is this request's own
  SpanId caller{};     // the caller's span; zero: it sent none
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
