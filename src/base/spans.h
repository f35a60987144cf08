// What was done for one request or job: spans, each with its begin, its end and the one around it.
// Bounded, and nothing is allocated before the first span: a request that is served from memory
// records none.
//
// Threading: belongs to one request or job, hence to one thread at a time. Ownership: whoever runs
// the request or job; outlives everything that records into it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/trace_context.h"

namespace souk {

enum class SpanKind : std::uint8_t {
  kHandler,
  kQueue,
  kCache,
  kRedis,
  kConnection,
  kStatement,
  kCall
};
inline constexpr std::array<std::string_view, 7> kSpanKindNames = {
    "handler", "queue", "cache", "redis", "connection", "statement", "call"};

struct Span {
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::uint8_t kRoot = 0xff;

  SpanKind kind{};
  std::uint8_t parent = kRoot;  // index of the span around it; kRoot: the request or job itself
  bool failed = false;
  std::string_view name;  // static text
  Time begun{};
  Time ended{};
  std::chrono::nanoseconds waited{0};  // for a connection
  std::int64_t rows = -1;              // of a statement
  SpanId id{};                         // zero: nobody outside knows it
};

class Spans {
 public:
  static constexpr std::size_t kMax = 100;  // of one request or job; further ones are counted
  static constexpr std::size_t kNone = kMax;

  // Forgets all spans. With `records` false none is recorded; the context is passed on in any case.
  // `joined`: the context is a caller's trace.
  void start(const TraceContext& context, bool records, bool joined) {
    context_ = context;
    records_ = records;
    joined_ = joined;
    around_ = Span::kRoot;
    left_out_ = 0;
    handler_ = {};
    if (!spans_.empty()) spans_ = {};
  }
  // Ends the recording, and forgets all spans.
  void stop() {
    records_ = false;
    if (!spans_.empty()) spans_ = {};
  }
  // The handler is recorded with the first span within it, or by take().
  void start_handler(Span::Time now) { handler_ = now; }
  void end_handler() {
    if (!spans_.empty()) close_handler();
  }

  bool records() const { return records_; }
  const TraceContext& context() const { return context_; }
  // For what is done later on behalf of this; empty where nobody traces it.
  std::string traceparent() const {
    return records_ || joined_ ? context_.to_traceparent() : std::string();
  }
  std::span<const Span> recorded() const { return spans_; }
  std::uint32_t left_out() const { return left_out_; }

  // Returns its index, or kNone when it is not recorded.
  std::size_t open(SpanKind kind, std::string_view name, Span::Time begun) {
    return records_ ? open_recorded(kind, name, begun) : kNone;
  }
  // Null where it is not recorded, or was taken meanwhile.
  Span* find(std::size_t index) { return index < spans_.size() ? &spans_[index] : nullptr; }
  // A span that has ended.
  void add(Span span);
  // What others recorded, within the span of that index.
  void adopt(std::size_t around, std::span<const Span> others);

  // Ends the recording: all spans, the handler among them.
  std::vector<Span> take(Span::Time now);

 private:
  std::size_t open_recorded(SpanKind kind, std::string_view name, Span::Time begun);
  bool has_room();
  void close_handler();

  TraceContext context_;
  bool records_ = false;
  bool joined_ = false;
  std::uint8_t around_ = Span::kRoot;  // the handler while it runs
  std::uint32_t left_out_ = 0;
  Span::Time handler_{};  // when it began; zero: not, or it is recorded
  std::vector<Span> spans_;
};

// A span from its construction to its destruction; failed unless it was said to have succeeded.
class OpenSpan {
 public:
  // `spans` may be null.
  OpenSpan(Spans* spans, SpanKind kind, std::string_view name,
           Span::Time begun = std::chrono::steady_clock::now())
      : spans_(spans), index_(spans == nullptr ? Spans::kNone : spans->open(kind, name, begun)) {
    if (auto* const span = recorded()) span->failed = true;
  }
  ~OpenSpan() {
    if (auto* const span = recorded()) span->ended = std::chrono::steady_clock::now();
  }
  OpenSpan(const OpenSpan&) = delete;
  OpenSpan& operator=(const OpenSpan&) = delete;

  bool is_recorded() const { return index_ != Spans::kNone; }
  void succeeded(std::int64_t rows = -1) {
    auto* const span = recorded();
    if (span == nullptr) return;
    span->failed = false;
    span->rows = rows;
  }
  // From its begin until now, for what it needs.
  void has_waited() {
    auto* const span = recorded();
    if (span != nullptr) span->waited = std::chrono::steady_clock::now() - span->begun;
  }
  void identify(const SpanId& id) {
    if (auto* const span = recorded()) span->id = id;
  }
  void adopt(std::span<const Span> others) {
    if (recorded() != nullptr) spans_->adopt(index_, others);
  }

 private:
  Span* recorded() { return index_ == Spans::kNone ? nullptr : spans_->find(index_); }

  Spans* const spans_;
  const std::size_t index_;
};

}  // namespace souk
