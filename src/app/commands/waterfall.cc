#include "app/commands/waterfall.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_reader.h"

namespace souk::app {
namespace {

constexpr std::size_t kMinBar = 20;
constexpr std::size_t kMaxLabel = 44;
constexpr std::size_t kTimes = 24;  // "  1234.567 +  1234.567 "

double ms(std::int64_t micros) { return static_cast<double>(micros) / 1e3; }

// "GET /api/products/{id}, 503, slow", or a job's kind.
std::string headline(const JsonNode& trace) {
  std::string line(trace["name"].text());
  if (const auto status = trace.find("status")) line += fmt::format(", {}", status->integer());
  return line + fmt::format(", {}", trace["kept"].text());
}

struct Scale {
  std::int64_t whole;  // microseconds
  std::size_t width;

  std::size_t column(std::int64_t micros) const {
    const auto within = std::clamp<std::int64_t>(micros, 0, whole);
    return whole == 0 ? 0
                      : static_cast<std::size_t>(within * static_cast<std::int64_t>(width) / whole);
  }
};

// '.' while it waits for what it needs, '=' while it works; at least one column.
std::string bar(const Scale& scale, std::int64_t start, std::int64_t waited, std::int64_t length) {
  std::string text(scale.width, ' ');
  const auto from = std::min(scale.column(start), scale.width - 1);
  const auto to = std::clamp(scale.column(start + length), from + 1, scale.width);
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(from),
            text.begin() + static_cast<std::ptrdiff_t>(to), '=');
  const auto works = std::clamp(scale.column(start + waited), from, to);
  if (waited > 0) {
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(from),
              text.begin() + static_cast<std::ptrdiff_t>(works), '.');
  }
  return text;
}

std::string label(const JsonNode& span) {
  const auto indent = static_cast<std::size_t>(2 * (span["depth"].integer() + 1));
  const auto kind = span["kind"].text();
  const auto name = span["name"].text();
  auto text = std::string(indent, ' ');
  text += kind == name ? std::string(name) : fmt::format("{} {}", kind, name);
  return text.substr(0, kMaxLabel);
}

std::string remarks(const JsonNode& span) {
  std::string text;
  if (const auto rows = span.find("rows")) text += fmt::format(" {} rows", rows->integer());
  if (const auto waited = span["waitedMicros"].integer(); waited > 0) {
    text += fmt::format(" waited {:.3f}", ms(waited));
  }
  if (span["failed"].json() == "true") text += " FAILED";
  return text;
}

std::string waterfall(const JsonNode& trace, std::size_t columns) {
  const auto spans = trace["spans"].elements();
  const auto whole = trace["durationMicros"].integer();
  std::size_t wide = trace["kind"].text().size();
  for (const auto& span : spans) wide = std::max(wide, label(span).size());
  const Scale scale{whole, std::max(kMinBar, columns - std::min(columns, wide + kTimes + 3))};

  auto text = fmt::format("{}, {:.3f} ms, {}\n", headline(trace), ms(whole),
                          trace["startedAt"].json().substr(1, 27));
  text += fmt::format("{} {}  trace {}\n", trace["kind"].text(), trace["id"].text(),
                      trace["traceId"].text());
  text += fmt::format("{:<{}} |{}|{:>11.3f} +{:>10.3f} ms\n", trace["kind"].text(), wide,
                      bar(scale, 0, 0, whole), 0.0, ms(whole));
  for (const auto& span : spans) {
    const auto start = span["startMicros"].integer();
    const auto length = span["durationMicros"].integer();
    text += fmt::format("{:<{}} |{}|{:>11.3f} +{:>10.3f} ms{}\n", label(span), wide,
                        bar(scale, start, span["waitedMicros"].integer(), length), ms(start),
                        ms(length), remarks(span));
  }
  if (const auto left_out = trace["leftOut"].integer(); left_out > 0) {
    text += fmt::format("and {} more spans, left out\n", left_out);
  }
  return text;
}

}  // namespace

std::string trace_list(std::string_view json) {
  const JsonReader reader(json);
  std::string text;
  for (const auto& trace : reader.root()["traces"].elements()) {
    text += fmt::format("{}  {}  {:>10.3f} ms  {}\n", trace["startedAt"].json().substr(1, 27),
                        trace["id"].text(), ms(trace["durationMicros"].integer()), headline(trace));
  }
  return text.empty() ? "nothing slow and nothing failed since the start\n" : text;
}

std::string waterfalls(std::string_view json, std::size_t columns) {
  const JsonReader reader(json);
  std::string text;
  for (const auto& trace : reader.root()["traces"].elements()) {
    if (!text.empty()) text += '\n';
    text += waterfall(trace, columns);
  }
  return text;
}

}  // namespace souk::app
