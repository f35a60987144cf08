#include "observe/traces/otlp.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/parse.h"

namespace souk::observe {
namespace {

using telemetry::Trace;

// The numbers of opentelemetry/proto/trace/v1/trace.proto.
enum class OtlpKind : std::uint8_t { kInternal = 1, kServer = 2, kClient = 3, kConsumer = 5 };
constexpr int kStatusError = 2;
// Of flags, beside the trace's own: whether the parent is another process's span.
constexpr int kKnowsRemote = 0x100;
constexpr int kRemote = 0x200;

class SpanWriter {
 public:
  SpanWriter(JsonWriter& json, const Trace& trace, Random& random) : json_(json), trace_(trace) {
    for (const auto& span : trace.spans) {
      auto& id = ids_.emplace_back(span.id);
      while (id == SpanId{}) random.fill(id);
    }
  }

  void write() {
    write_root();
    for (std::size_t i = 0; i < trace_.spans.size(); ++i) write_span(trace_.spans[i], ids_[i]);
  }

 private:
  struct Head {
    SpanId id;
    SpanId parent;
    std::string_view name;
    OtlpKind kind;
    std::chrono::nanoseconds begun;  // since the origin
    std::chrono::nanoseconds ended;
    bool failed;
    bool remote = false;
  };

  void write_root() {
    begin({.id = trace_.context.span_id,
           .parent = trace_.parent,
           .name = trace_.name,
           .kind = trace_.is_job ? OtlpKind::kConsumer : OtlpKind::kServer,
           .begun = {},
           .ended = trace_.duration,
           .failed = trace_.failed,
           .remote = trace_.parent != SpanId{}});
    text("souk.kept", telemetry::kTraceKeptNames.at(static_cast<std::size_t>(trace_.kept)));
    if (trace_.is_job) {
      text("souk.job.id", trace_.id.to_string());
      text("souk.job.kind", trace_.name);
    } else {
      const auto space = std::min(trace_.name.find(' '), trace_.name.size());
      text("souk.request.id", trace_.id.to_string());
      text("http.request.method", std::string_view(trace_.name).substr(0, space));
      text("http.route",
           std::string_view(trace_.name).substr(std::min(space + 1, trace_.name.size())));
      integer("http.response.status_code", trace_.status);
    }
    if (trace_.left_out > 0) integer("souk.spans_left_out", trace_.left_out);
    end();
  }

  void write_span(const Span& span, const SpanId& id) {
    const bool is_call = span.kind == SpanKind::kStatement || span.kind == SpanKind::kRedis ||
                         span.kind == SpanKind::kCall;
    begin({.id = id,
           .parent = span.parent < ids_.size() ? ids_[span.parent] : trace_.context.span_id,
           .name = span.name,
           .kind = is_call ? OtlpKind::kClient : OtlpKind::kInternal,
           .begun = span.begun - trace_.origin,
           .ended = span.ended - trace_.origin,
           .failed = span.failed});
    text("souk.kind", kSpanKindNames.at(static_cast<std::size_t>(span.kind)));
    if (span.kind == SpanKind::kStatement) {
      text("db.system.name", "postgresql");
      text("db.query.summary", span.name);
      if (span.rows >= 0) integer("db.response.returned_rows", span.rows);
    }
    if (span.kind == SpanKind::kRedis) text("db.system.name", "redis");
    if (span.waited.count() > 0) integer("souk.waited_ns", span.waited.count());
    end();
  }

  void begin(const Head& head) {
    json_.begin_object();
    json_.member("traceId", to_hex(trace_.context.trace_id));
    json_.member("spanId", to_hex(head.id));
    if (head.parent != SpanId{}) json_.member("parentSpanId", to_hex(head.parent));
    json_.member("flags", trace_.context.flags | kKnowsRemote | (head.remote ? kRemote : 0));
    json_.member("name", head.name);
    json_.member("kind", static_cast<int>(head.kind));
    json_.member("startTimeUnixNano", unix_nanos(head.begun));
    json_.member("endTimeUnixNano", unix_nanos(head.ended));
    if (head.failed) {
      json_.key("status");
      json_.begin_object();
      json_.member("code", kStatusError);
      json_.end_object();
    }
    json_.key("attributes");
    json_.begin_array();
  }
  void end() {
    json_.end_array();
    json_.end_object();
  }

  std::string unix_nanos(std::chrono::nanoseconds since_origin) const {
    const std::chrono::nanoseconds origin = trace_.begun.time_since_epoch();
    return fmt::to_string((origin + since_origin).count());
  }

  void text(std::string_view key, std::string_view value) {
    json_.begin_object();
    json_.member("key", key);
    json_.key("value");
    json_.begin_object();
    json_.member("stringValue", value);
    json_.end_object();
    json_.end_object();
  }
  void integer(std::string_view key, std::int64_t value) {
    json_.begin_object();
    json_.member("key", key);
    json_.key("value");
    json_.begin_object();
    json_.member("intValue", fmt::to_string(value));
    json_.end_object();
    json_.end_object();
  }

  JsonWriter& json_;
  const Trace& trace_;
  std::vector<SpanId> ids_;
};

void write_resource(JsonWriter& json, const Attributes& resource) {
  json.key("resource");
  json.begin_object();
  json.key("attributes");
  json.begin_array();
  for (const auto& [key, value] : resource) {
    json.begin_object();
    json.member("key", key);
    json.key("value");
    json.begin_object();
    json.member("stringValue", value);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

// A 64-bit integer: text, or a number, which JSON of protobuf permits too.
std::size_t count_of(const JsonNode& node) {
  const auto json = node.json();
  const bool quoted = json.size() > 2 && json.front() == '"';
  const auto digits = std::string_view(json).substr(quoted ? 1 : 0, json.size() - (quoted ? 2 : 0));
  return static_cast<std::size_t>(std::max<std::int64_t>(parse_integer(digits).value_or(0), 0));
}

}  // namespace

Attributes resource_of(const telemetry::TracingConfig& config, const std::string& instance) {
  Attributes all = {{"service.name", config.service},
                    {"service.instance.id", config.instance.empty() ? instance : config.instance},
                    {"service.version", SOUK_VERSION}};
  for (const auto& attribute : config.attributes) {
    const auto equals = std::min(attribute.find('='), attribute.size());
    auto key = attribute.substr(0, equals);
    auto value = attribute.substr(std::min(equals + 1, attribute.size()));
    std::erase_if(all, [&key](const auto& known) { return known.first == key; });
    all.emplace_back(std::move(key), std::move(value));
  }
  return all;
}

void write_otlp(Buffer& out, const Attributes& resource,
                std::span<const telemetry::TracePtr> traces, Random& random) {
  JsonWriter json(out);
  json.begin_object();
  json.key("resourceSpans");
  json.begin_array();
  json.begin_object();
  write_resource(json, resource);
  json.key("scopeSpans");
  json.begin_array();
  json.begin_object();
  json.key("scope");
  json.begin_object();
  json.member("name", "souk");
  json.member("version", SOUK_VERSION);
  json.end_object();
  json.key("spans");
  json.begin_array();
  for (const auto& trace : traces) SpanWriter(json, *trace, random).write();
  json.end_array();
  json.end_object();
  json.end_array();
  json.end_object();
  json.end_array();
  json.end_object();
}

PartialSuccess read_otlp_answer(std::string_view answer) {
  PartialSuccess said;
  if (answer.empty()) return said;
  try {
    const JsonReader reader(answer);
    const auto partial = reader.root().find("partialSuccess");
    if (!partial) return said;
    if (const auto spans = partial->find("rejectedSpans")) said.rejected = count_of(*spans);
    if (const auto message = partial->find("errorMessage")) said.message = message->text();
  } catch (const BadJson&) {
    // What was read before is what it said.
    return said;
  }
  return said;
}

}  // namespace souk::observe
