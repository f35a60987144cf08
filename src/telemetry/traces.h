// The traces that a node keeps: those of slow and of failed requests and jobs, the last ones in a
// ring for whoever asks why, and, where they are exported, a share of all others too. Whether one
// is kept is judged when it has ended.
//
// Threading: any thread. Ownership: borrows the registry, which outlives it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/spans.h"
#include "base/uuid.h"
#include "telemetry/metrics.h"

namespace souk::telemetry {

struct TracingConfig {
  bool enabled = true;
  std::size_t sampled = 100;  // one in so many is exported whatever it took; 0: none
  bool follow_callers = false;
  std::size_t kept = 200;  // slow or failed ones, for whoever asks
  std::chrono::milliseconds slow_job{5'000};

  // Where they are exported to; empty: nowhere.
  std::string endpoint;
  std::string ca_file;  // of https://; empty: the system's authorities
  std::chrono::milliseconds interval{1'000};
  std::chrono::milliseconds timeout{5'000};
  std::string service = "souk";
  std::string instance;                 // empty: host and port
  std::vector<std::string> attributes;  // name=value

  bool exports() const { return enabled && !endpoint.empty(); }
};

enum class TraceKept : std::uint8_t { kSlow, kFailed, kSampled };
inline constexpr std::array<std::string_view, 3> kTraceKeptNames = {"slow", "failed", "sampled"};

// A request or job that has ended.
struct Trace {
  TraceContext context;  // span_id is its own
  SpanId parent{};       // zero: none
  Uuid id;               // of the request or job
  bool is_job = false;
  bool failed = false;
  TraceKept kept{};
  int status = 0;    // of a request's response
  std::string name;  // "GET /api/products/{id}", "order.placed"
  Timestamp begun{};
  Span::Time origin{};  // the same, on the clock of the spans
  std::chrono::nanoseconds duration{0};
  std::vector<Span> spans;
  std::uint32_t left_out = 0;  // spans
};
using TracePtr = std::shared_ptr<const Trace>;

class Traces {
 public:
  // Waiting to be exported; further ones are dropped.
  static constexpr std::size_t kMaxWaiting = 2'048;

  Traces(TracingConfig config, Registry& registry);

  const TracingConfig& config() const { return config_; }
  bool records() const { return config_.enabled; }
  // Whether a trace is exported whatever it takes; its flags say so from then on. The same on all
  // nodes for the same trace. `joined`: its flags are a caller's.
  bool samples(const TraceContext& context, bool joined) const;
  // Nothing: it is not kept.
  std::optional<TraceKept> judge(const TraceContext& context, bool failed, bool slow) const {
    if (failed) return TraceKept::kFailed;
    if (slow) return TraceKept::kSlow;
    if (context.is_sampled() && exports_) return TraceKept::kSampled;
    return std::nullopt;
  }

  void add(Trace trace);

  // By the id of the request, of the job or of the trace, with or without hyphens.
  std::vector<TracePtr> find(std::string_view id) const;
  // The slow and failed ones, the newest first.
  std::vector<TracePtr> latest() const;

  // For the exporter: the oldest ones that wait, and what became of them.
  std::vector<TracePtr> take(std::size_t most);
  void exported(std::size_t count);
  void lost(std::size_t count);

 private:
  const TracingConfig config_;
  const bool exports_;
  const std::uint64_t threshold_;  // traces with greater randomness are sampled

  mutable std::mutex mutex_;  // guards all below
  std::deque<TracePtr> ring_;
  std::deque<TracePtr> waiting_;
  std::array<Counter*, kTraceKeptNames.size()> kept_;
  Counter& exported_;
  Counter& queue_full_;
  Counter& export_failed_;
  Counter& left_out_;
  Registration waiting_gauge_;
};

}  // namespace souk::telemetry
