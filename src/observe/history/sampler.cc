#include "observe/history/sampler.h"

#include <algorithm>
#include <cmath>

#include "telemetry/reading.h"
#include "telemetry/unknown.h"

namespace souk::observe {

using telemetry::Reading;

Sampler::Sampler(const Layout& layout, const telemetry::Registry& registry)
    : layout_(layout),
      registry_(registry),
      before_(layout.width()),
      now_(layout.width()),
      row_(layout.width()) {}

double Sampler::total(const Input& input) const {
  // A counter without series has not counted yet; a gauge has no value.
  double sum = input.metric.ends_with("_total") ? 0 : telemetry::kUnknown;
  visit(registry_, input.metric, [&](const Reading& series) {
    if (std::isnan(series.value) || !matches(input.where, series.spec.labels, series.labels))
      return;
    sum = std::isnan(sum) ? series.value : sum + series.value;
  });
  return sum;
}

void Sampler::read() {
  std::ranges::fill(now_, 0.0);
  for (std::size_t i = 0; i < layout_.inputs().size(); ++i) {
    const auto& input = layout_.inputs()[i];
    const auto at = layout_.at(i);
    if (input.kind != Kind::kHistogram) {
      now_[at] = total(input);
      continue;
    }
    visit(registry_, input.metric, [&](const Reading& series) {
      if (series.buckets.size() != kBuckets) return;  // not of times
      if (!matches(input.where, series.spec.labels, series.labels)) return;
      for (std::size_t b = 0; b < kBuckets; ++b) {
        now_[at + b] += static_cast<double>(series.buckets[b]);
      }
    });
  }
}

std::optional<RowView> Sampler::sample(Seconds at, double elapsed) {
  read();
  for (std::size_t i = 0; i < layout_.inputs().size(); ++i) {
    const auto& input = layout_.inputs()[i];
    for (auto cell = layout_.at(i); cell < layout_.at(i) + input.width(); ++cell) {
      double value = now_[cell];
      if (input.kind != Kind::kGauge) value -= before_[cell];
      if (!input.per.empty()) {
        if (input.metric.ends_with("_total")) value = (value - before_[cell]) / elapsed;
        value /= total({.kind = Kind::kGauge, .metric = input.per, .where = {}});
      }
      row_[cell] = static_cast<float>(value);
    }
  }
  std::swap(before_, now_);
  if (!std::exchange(begun_, true)) return std::nullopt;
  return RowView{at, static_cast<float>(elapsed), 1, row_};
}

}  // namespace souk::observe
