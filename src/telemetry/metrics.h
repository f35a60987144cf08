// Metrics: a module declares its metrics as the members of one constexpr MetricTable, takes a cell
// per worker and label combination from the Registry when it starts, and records into the cell for
// a few nanoseconds.
// Threading: a cell has ONE writing thread (plain load and store, no lock prefix); any thread may
// scrape meanwhile. The Registry may be used from any thread.
// Ownership: the Registry owns the cells; references stay valid as long as it lives.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/trace_context.h"

namespace souk::telemetry {

inline constexpr std::size_t kMaxMetricLabels = 4;
inline constexpr std::size_t kMaxHistogramBuckets = 24;
// The most label combinations of a metric; further ones are counted together, labelled "other".
inline constexpr std::size_t kMaxSeriesPerMetric = 1'000;
inline constexpr std::string_view kOtherSeries = "other";

enum class MetricFormat : std::uint8_t { kPrometheus, kOpenMetrics };
inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::string_view kOpenMetricsContentType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// Seconds. Every duration of budgets.toml is a bound, so that a share within budget is exact.
inline constexpr std::array<double, 19> kLatencyBuckets = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.2,    0.35,    0.5,    0.75,  1,      2.5,   5,    10,    30};

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

// Label names by value, so that a spec can list them inline.
class LabelNames {
 public:
  constexpr LabelNames() = default;
  constexpr LabelNames(std::initializer_list<std::string_view> names) {
    for (const auto name : names) names_.at(size_++) = name;
  }
  constexpr std::size_t size() const { return size_; }
  constexpr auto begin() const { return names_.begin(); }
  constexpr auto end() const { return names_.begin() + size_; }

 private:
  std::array<std::string_view, kMaxMetricLabels> names_{};
  std::size_t size_ = 0;
};

// The declaration of a metric of any type. All text is static.
struct MetricSpec {
  std::string_view name;  // souk_<module>_<what>_<unit>; counters end in _total
  std::string_view help;  // one sentence
  MetricType type;
  LabelNames labels = {};
  std::span<const double> buckets = kLatencyBuckets;  // ascending upper bounds; histograms only
};

namespace internal {
// Single writer: an addition needs no atomic read-modify-write.
template <class T>
void add(std::atomic<T>& cell, T amount) {
  cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}
}  // namespace internal

inline constexpr std::size_t kCacheLineBytes = 64;

// Never decreases.
class alignas(kCacheLineBytes) Counter {
 public:
  void increment() { internal::add(value_, 1.0); }
  void add(double amount) { internal::add(value_, amount); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Cells of one series are summed: each worker sets its own share.
class alignas(kCacheLineBytes) Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount) { internal::add(value_, amount); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// An observation and the trace that shows why it took so long.
struct Exemplar {
  TraceId trace{};
  double value = 0;
  Timestamp at{};
};

class alignas(kCacheLineBytes) Histogram {
 public:
  explicit Histogram(std::span<const double> bounds);
  ~Histogram();
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  void observe(double value) {
    // Linear search from the smallest: most requests are fast, so the branch is predictable.
    std::size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    internal::add(counts_[bucket], std::uint64_t{1});
    internal::add(sum_, value);
  }
  // Any std::chrono duration, recorded in seconds.
  void observe(std::chrono::duration<double> time) { observe(time.count()); }

  // Keeps it as the example of its bucket. Takes a lock: for few observations.
  void exemplify(const Exemplar& exemplar);

  std::span<const double> bounds() const { return bounds_; }
  // Observations in bucket `i` alone (not cumulative); i == bounds().size() is +Inf.
  std::uint64_t count(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  std::uint64_t count() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  std::optional<Exemplar> exemplar(std::size_t i) const;  // of bucket `i`, the latest

 private:
  struct Exemplars;

  std::span<const double> bounds_;
  std::atomic<double> sum_{0};
  std::array<std::atomic<std::uint64_t>, kMaxHistogramBuckets + 1> counts_{};
  std::atomic<Exemplars*> exemplars_{nullptr};  // owned; none before the first
};

// A member of a module's MetricTable; README.md has the convention. It knows the type of its cells.
template <class CellType, MetricType kType>
struct TypedSpec : MetricSpec {
  using Cell = CellType;
  constexpr TypedSpec(std::string_view metric_name, std::string_view sentence,
                      LabelNames label_names = {}, std::span<const double> bounds = kLatencyBuckets)
      : MetricSpec{metric_name, sentence, kType, label_names, bounds} {}
};
using CounterSpec = TypedSpec<Counter, MetricType::kCounter>;
using GaugeSpec = TypedSpec<Gauge, MetricType::kGauge>;
using HistogramSpec = TypedSpec<Histogram, MetricType::kHistogram>;

// Keeps a callback registered. After its destruction the callback is removed and not running.
class [[nodiscard]] Registration {
 public:
  Registration() = default;
  explicit Registration(std::function<void()> undo) : undo_(std::move(undo)) {}
  Registration(Registration&& other) noexcept : undo_(std::exchange(other.undo_, nullptr)) {}
  Registration& operator=(Registration&& other) noexcept {
    std::swap(undo_, other.undo_);
    return *this;
  }
  ~Registration() {
    if (undo_) undo_();
  }

 private:
  std::function<void()> undo_;
};

struct Reading;  // reading.h

class Registry {
 public:
  using LabelValues = std::initializer_list<std::string_view>;

  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Each call makes a new cell; cells of the same name and label values are summed by render().
  // Takes a lock and allocates: for start-up and first use, never per request.
  // Above kMaxSeriesPerMetric all callers share one cell, whose count is then approximate.
  // REQUIRES: one value per label, static text; one spec per name.
  template <class Spec>
  typename Spec::Cell& cell(const Spec& spec, LabelValues values = {}) {
    if constexpr (std::same_as<typename Spec::Cell, Counter>) return counter(spec, values);
    if constexpr (std::same_as<typename Spec::Cell, Gauge>) return gauge(spec, values);
    if constexpr (std::same_as<typename Spec::Cell, Histogram>) return histogram(spec, values);
  }

  // A gauge or counter read at scrape time, on the scraping thread and under the registry's lock:
  // `read` must be quick, thread-safe, and must not use the registry, which outlives the result.
  Registration callback(const MetricSpec& spec, LabelValues values, std::function<double()> read);

  // Appends everything in Prometheus' text format, families and series in alphabetical order; as
  // OpenMetrics with exemplars.
  void render(Buffer& out, MetricFormat format = MetricFormat::kPrometheus) const;

 private:
  friend void visit(const Registry& registry, std::string_view metric,
                    const std::function<void(const Reading&)>& see);

  struct Series;
  struct Family;
  Counter& counter(const MetricSpec& spec, LabelValues values);
  Gauge& gauge(const MetricSpec& spec, LabelValues values);
  Histogram& histogram(const MetricSpec& spec, LabelValues values);
  Series& series(const MetricSpec& spec, MetricType type, LabelValues values);

  mutable std::mutex mutex_;  // guards the families, never the content of cells
  std::map<std::string_view, std::unique_ptr<Family>> families_;
  Counter& folded_;  // written under mutex_
};

// The cells of one metric by the values of an enumeration: their names are its first label's
// values.
template <class Spec, class Enum, const auto& kNames>
class CellsBy {
 public:
  // `rest` are the values of its other labels.
  template <class... Rest>
  CellsBy(Registry& registry, const Spec& spec, Rest... rest) {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      cells_[i] = &registry.cell(spec, {kNames[i], rest...});
    }
  }
  typename Spec::Cell& operator[](Enum value) { return *cells_[static_cast<std::size_t>(value)]; }

 private:
  std::array<typename Spec::Cell*, kNames.size()> cells_;
};
template <class Enum, const auto& kNames>
using CountersBy = CellsBy<CounterSpec, Enum, kNames>;
template <class Enum, const auto& kNames>
using HistogramsBy = CellsBy<HistogramSpec, Enum, kNames>;

}  // namespace souk::telemetry
