#include "telemetry/traces.h"

#include <algorithm>

#include "base/encoding.h"
#include "telemetry/specs.h"

namespace souk::telemetry {
namespace {

// The trailing 56 bits of a trace id are random (W3C Trace Context, level 2).
constexpr int kRandomBits = 56;

std::uint64_t randomness(const TraceId& trace) {
  std::uint64_t bits = 0;
  for (std::size_t i = trace.size() - kRandomBits / 8; i < trace.size(); ++i) {
    bits = bits << 8 | trace[i];
  }
  return bits;
}

// As OpenTelemetry's consistent sampling, so that collectors and other services choose the same.
std::uint64_t threshold_of(std::size_t one_in) {
  constexpr std::uint64_t kAll = std::uint64_t{1} << kRandomBits;
  return one_in == 0 ? kAll : kAll - kAll / one_in;
}

}  // namespace

Traces::Traces(TracingConfig config, Registry& registry)
    : config_(std::move(config)),
      exports_(config_.exports()),
      threshold_(threshold_of(config_.sampled)),
      exported_(registry.cell(kMetrics.traces_exported)),
      queue_full_(registry.cell(kMetrics.traces_dropped, {"queue_full"})),
      export_failed_(registry.cell(kMetrics.traces_dropped, {"export_failed"})),
      left_out_(registry.cell(kMetrics.trace_spans_left_out)),
      waiting_gauge_(registry.callback(kMetrics.traces_waiting, {}, [this] {
        const std::lock_guard lock(mutex_);
        return static_cast<double>(waiting_.size());
      })) {
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    kept_[i] = &registry.cell(kMetrics.traces_kept, {kTraceKeptNames[i]});
  }
}

bool Traces::samples(const TraceContext& context, bool joined) const {
  if (!exports_) return false;
  if (joined && config_.follow_callers) return context.is_sampled();
  return randomness(context.trace_id) >= threshold_;
}

void Traces::add(Trace trace) {
  const auto kept = std::make_shared<const Trace>(std::move(trace));
  const std::lock_guard lock(mutex_);
  kept_.at(static_cast<std::size_t>(kept->kept))->increment();
  left_out_.add(kept->left_out);
  if (kept->kept != TraceKept::kSampled) {
    ring_.push_front(kept);
    if (ring_.size() > config_.kept) ring_.pop_back();
  }
  if (!exports_) return;
  if (waiting_.size() == kMaxWaiting) return queue_full_.increment();
  waiting_.push_back(kept);
}

std::vector<TracePtr> Traces::find(std::string_view id) const {
  std::string wanted(id);
  std::erase(wanted, '-');
  std::vector<TracePtr> found;
  const std::lock_guard lock(mutex_);
  for (const auto& trace : ring_) {
    if (to_hex(trace->id.bytes) == wanted || to_hex(trace->context.trace_id) == wanted) {
      found.push_back(trace);
    }
  }
  return found;
}

std::vector<TracePtr> Traces::latest() const {
  const std::lock_guard lock(mutex_);
  return {ring_.begin(), ring_.end()};
}

std::vector<TracePtr> Traces::take(std::size_t most) {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
  std::vector<TracePtr> taken(waiting_.begin(), waiting_.begin() + count);
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  return taken;
}

void Traces::exported(std::size_t count) {
  const std::lock_guard lock(mutex_);
  exported_.add(static_cast<double>(count));
}

void Traces::lost(std::size_t count) {
  const std::lock_guard lock(mutex_);
  export_failed_.add(static_cast<double>(count));
}

}  // namespace souk::telemetry
