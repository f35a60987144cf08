#include "telemetry/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>
#include <list>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "telemetry/open_metrics.h"
#include "telemetry/reading.h"
#include "telemetry/specs.h"
#include "telemetry/unknown.h"

namespace souk::telemetry {

// All cells of one combination of label values. Lists, because cells keep their address.
struct Registry::Series {
  std::list<Counter> counters;
  std::list<Gauge> gauges;
  std::list<Histogram> histograms;
  std::list<std::function<double()>> callbacks;
  bool shared = false;  // "other": all callers share the first cell

  bool empty() const {
    return counters.empty() && gauges.empty() && histograms.empty() && callbacks.empty();
  }
  // Nothing when no cell has a value.
  std::optional<double> value() const {
    std::optional<double> sum;
    const auto add = [&sum](double part) {
      if (!std::isnan(part)) sum = sum.value_or(0) + part;
    };
    for (const auto& cell : counters) add(cell.value());
    for (const auto& cell : gauges) add(cell.value());
    for (const auto& read : callbacks) add(read());
    return sum;
  }
};

struct Registry::Family {
  explicit Family(const MetricSpec& s) : spec(s) { other.shared = true; }

  MetricSpec spec;
  std::map<std::vector<std::string>, Series> series;
  Series other;
};

namespace {

template <class Cell, class... Arguments>
Cell& new_cell(std::list<Cell>& cells, bool shared, Arguments... arguments) {
  if (shared && !cells.empty()) return cells.front();
  return cells.emplace_back(arguments...);
}

prometheus::ClientMetric::Histogram sum_of(const std::list<Histogram>& cells,
                                           std::span<const double> bounds) {
  prometheus::ClientMetric::Histogram total;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    // Summed from the buckets, so that count and buckets agree while cells are being written.
    for (const auto& cell : cells) total.sample_count += cell.count(i);
    total.bucket.push_back(
        {.cumulative_count = total.sample_count,
         .upper_bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
  }
  for (const auto& cell : cells) total.sample_sum += cell.sum();
  return total;
}

// The latest of each bucket.
BucketExemplars exemplars_of(const std::list<Histogram>& cells, std::size_t buckets) {
  BucketExemplars latest;
  for (const auto& cell : cells) {
    for (std::size_t i = 0; i < buckets; ++i) {
      const auto exemplar = cell.exemplar(i);
      if (exemplar && (!latest[i] || latest[i]->at < exemplar->at)) latest[i] = exemplar;
    }
  }
  return latest;
}

prometheus::ClientMetric labelled(const LabelNames& names, std::span<const std::string> values) {
  prometheus::ClientMetric metric;
  std::size_t i = 0;
  for (const auto name : names) {
    metric.label.push_back({.name = std::string(name), .value = values[i++]});
  }
  return metric;
}

}  // namespace

struct Histogram::Exemplars {
  mutable std::mutex mutex;
  BucketExemplars of_buckets;  // guarded by mutex
};

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds) {
  SOUK_ASSERT(bounds.size() <= kMaxHistogramBuckets);
}

Histogram::~Histogram() { delete exemplars_.load(std::memory_order_relaxed); }

void Histogram::exemplify(const Exemplar& exemplar) {
  auto* exemplars = exemplars_.load(std::memory_order_relaxed);
  if (exemplars == nullptr) {
    exemplars = new Exemplars;
    exemplars_.store(exemplars, std::memory_order_release);
  }
  std::size_t bucket = 0;
  while (bucket < bounds_.size() && exemplar.value > bounds_[bucket]) ++bucket;
  const std::lock_guard lock(exemplars->mutex);
  exemplars->of_buckets[bucket] = exemplar;
}

std::optional<Exemplar> Histogram::exemplar(std::size_t i) const {
  const auto* const exemplars = exemplars_.load(std::memory_order_acquire);
  if (exemplars == nullptr) return std::nullopt;
  const std::lock_guard lock(exemplars->mutex);
  return exemplars->of_buckets.at(i);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) total += count(i);
  return total;
}

Registry::Registry() : folded_(cell(kMetrics.series_folded)) {}
Registry::~Registry() = default;

Registry::Series& Registry::series(const MetricSpec& spec, MetricType type, LabelValues values) {
  auto& family = families_[spec.name];
  if (!family) family = std::make_unique<Family>(spec);
  SOUK_ASSERT(spec.type == type && family->spec.type == type);
  SOUK_ASSERT(spec.labels.size() == values.size());
  SOUK_ASSERT(family->spec.labels.size() == values.size());

  std::vector<std::string> key(values.begin(), values.end());
  if (const auto known = family->series.find(key); known != family->series.end()) {
    return known->second;
  }
  if (family->series.size() < kMaxSeriesPerMetric) return family->series[std::move(key)];
  folded_.increment();
  return family->other;
}

Counter& Registry::counter(const MetricSpec& spec, LabelValues values) {
  const std::lock_guard lock(mutex_);
  auto& home = series(spec, MetricType::kCounter, values);
  return new_cell(home.counters, home.shared);
}

Gauge& Registry::gauge(const MetricSpec& spec, LabelValues values) {
  const std::lock_guard lock(mutex_);
  auto& home = series(spec, MetricType::kGauge, values);
  return new_cell(home.gauges, home.shared);
}

Histogram& Registry::histogram(const MetricSpec& spec, LabelValues values) {
  const std::lock_guard lock(mutex_);
  auto& home = series(spec, MetricType::kHistogram, values);
  return new_cell(home.histograms, home.shared, spec.buckets);
}

Registration Registry::callback(const MetricSpec& spec, LabelValues values,
                                std::function<double()> read) {
  SOUK_ASSERT(spec.type != MetricType::kHistogram);
  const std::lock_guard lock(mutex_);
  auto& home = series(spec, spec.type, values);
  home.callbacks.push_back(std::move(read));
  return Registration([this, &home, entry = std::prev(home.callbacks.end())] {
    const std::lock_guard undo_lock(mutex_);
    home.callbacks.erase(entry);
  });
}

void Registry::render(Buffer& out, MetricFormat format) const {
  std::vector<RenderedFamily> families;
  const auto append = [](RenderedFamily& to, const MetricSpec& spec,
                         std::span<const std::string> values, const Series& series) {
    if (series.empty()) return;
    const auto value = series.value();
    if (spec.type != MetricType::kHistogram && !value) return;
    auto metric = labelled(spec.labels, values);
    switch (spec.type) {
      case MetricType::kCounter:
        to.family.type = prometheus::MetricType::Counter;
        metric.counter.value = *value;
        break;
      case MetricType::kGauge:
        to.family.type = prometheus::MetricType::Gauge;
        metric.gauge.value = *value;
        break;
      case MetricType::kHistogram:
        to.family.type = prometheus::MetricType::Histogram;
        metric.histogram = sum_of(series.histograms, spec.buckets);
        to.exemplars.push_back(exemplars_of(series.histograms, spec.buckets.size() + 1));
        break;
    }
    to.family.metric.push_back(std::move(metric));
  };
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
      const auto& spec = family->spec;
      RenderedFamily to;
      to.family.name = name;
      to.family.help = spec.help;
      for (const auto& [values, series] : family->series) append(to, spec, values, series);
      append(to, spec, std::vector(spec.labels.size(), std::string(kOtherSeries)), family->other);
      if (!to.family.metric.empty()) families.push_back(std::move(to));
    }
  }
  if (format == MetricFormat::kOpenMetrics) return write_open_metrics(out, families);
  std::vector<prometheus::MetricFamily> plain;
  for (auto& rendered : families) plain.push_back(std::move(rendered.family));
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, plain);
  out.append(text.view());
}

namespace {

template <class Series>
void show(const MetricSpec& spec, std::span<const std::string> labels, const Series& series,
          const std::function<void(const Reading&)>& see) {
  if (series.empty()) return;
  std::array<std::uint64_t, kMaxHistogramBuckets + 1> buckets{};
  const auto used = spec.type == MetricType::kHistogram ? spec.buckets.size() + 1 : 0;
  for (const auto& cell : series.histograms) {
    for (std::size_t i = 0; i < used; ++i) buckets[i] += cell.count(i);
  }
  see({spec, labels, series.value().value_or(kUnknown), {buckets.data(), used}});
}

}  // namespace

void visit(const Registry& registry, std::string_view metric,
           const std::function<void(const Reading&)>& see) {
  const std::lock_guard lock(registry.mutex_);
  const auto found = registry.families_.find(metric);
  if (found == registry.families_.end()) return;
  const auto& family = *found->second;
  for (const auto& [labels, series] : family.series) show(family.spec, labels, series, see);
  const std::vector others(family.spec.labels.size(), std::string(kOtherSeries));
  show(family.spec, others, family.other, see);
}

}  // namespace souk::telemetry
