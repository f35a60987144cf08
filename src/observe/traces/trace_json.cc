#include "observe/traces/trace_json.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/enum_names.h"
#include "base/json_writer.h"

namespace souk::observe {
namespace {

using telemetry::Trace;

std::int64_t micros(std::chrono::nanoseconds time) {
  return std::chrono::round<std::chrono::microseconds>(time).count();
}

void place(std::span<const Span> spans, std::uint8_t around, int depth,
           std::vector<PlacedSpan>& placed) {
  std::vector<std::size_t> within;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].parent == around) within.push_back(i);
  }
  std::ranges::sort(within, {}, [&](std::size_t i) { return std::pair(spans[i].begun, i); });
  for (const auto i : within) {
    placed.push_back({&spans[i], depth});
    place(spans, static_cast<std::uint8_t>(i), depth + 1, placed);
  }
}

void write_span(JsonWriter& json, const Trace& trace, const PlacedSpan& placed) {
  const auto& span = *placed.span;
  json.begin_object();
  json.member("depth", placed.depth);
  json.member("kind", name_of(kSpanKindNames, span.kind));
  json.member("name", span.name);
  json.member("startMicros", micros(span.begun - trace.origin));
  json.member("durationMicros", micros(span.ended - span.begun));
  json.member("waitedMicros", micros(span.waited));
  if (span.rows >= 0) json.member("rows", span.rows);
  json.member("failed", span.failed);
  json.end_object();
}

void write_trace(JsonWriter& json, const Trace& trace, bool with_spans) {
  json.begin_object();
  json.member("id", trace.id);
  json.member("traceId", to_hex(trace.context.trace_id));
  json.member("spanId", to_hex(trace.context.span_id));
  if (trace.parent != SpanId{}) json.member("parentSpanId", to_hex(trace.parent));
  json.member("kind", trace.is_job ? "job" : "request");
  json.member("name", trace.name);
  json.member("kept", name_of(telemetry::kTraceKeptNames, trace.kept));
  if (!trace.is_job) json.member("status", trace.status);
  json.member("startedAt", trace.begun);
  json.member("durationMicros", micros(trace.duration));
  if (with_spans) {
    json.member("leftOut", trace.left_out);
    json.key("spans");
    json.begin_array();
    for (const auto& placed : in_order(trace.spans)) write_span(json, trace, placed);
    json.end_array();
  }
  json.end_object();
}

}  // namespace

std::vector<PlacedSpan> in_order(std::span<const Span> spans) {
  std::vector<PlacedSpan> placed;
  placed.reserve(spans.size());
  place(spans, Span::kRoot, 0, placed);
  return placed;
}

std::string traces_json(std::span<const telemetry::TracePtr> traces, bool with_spans) {
  Buffer out;
  JsonWriter json(out);
  json.begin_object();
  json.key("traces");
  json.begin_array();
  for (const auto& trace : traces) write_trace(json, *trace, with_spans);
  json.end_array();
  json.end_object();
  return std::string(out.view());
}

}  // namespace souk::observe
