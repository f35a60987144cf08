// Kept traces as JSON, for `souk trace` and the dashboard: {"traces": [...]}, the newest first,
// times in microseconds. Spans come in the order of a waterfall, each after the one around it.
// Threading: pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "telemetry/traces.h"

namespace souk::observe {

// A span of a trace and how many are around it.
struct PlacedSpan {
  const Span* span;
  int depth;
};
std::vector<PlacedSpan> in_order(std::span<const Span> spans);

// Without `with_spans`, only what is listed.
std::string traces_json(std::span<const telemetry::TracePtr> traces, bool with_spans);

}  // namespace souk::observe
