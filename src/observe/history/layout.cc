#include "observe/history/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/hash.h"

namespace souk::observe {
namespace {

using telemetry::Objective;

bool is_counter(std::string_view metric) { return metric.ends_with("_total"); }

double sum(std::span<const std::size_t> places, std::span<const float> row) {
  return std::transform_reduce(
      places.begin(), places.end(), 0.0, std::plus(),
      [row](std::size_t place) { return static_cast<double>(row[place]); });
}

}  // namespace

std::uint32_t Input::id() const {
  auto text =
      fmt::format("{} {} {} {}", static_cast<int>(kind), metric, per, static_cast<int>(nodes));
  for (const auto& [label, value] : where) text += fmt::format(" {}={}", label, value);
  return static_cast<std::uint32_t>(fast_hash(text));
}

bool matches(const Objective::Labels& where, const telemetry::LabelNames& names,
             std::span<const std::string> values) {
  return std::ranges::all_of(where, [&](const auto& wanted) {
    std::size_t i = 0;
    for (const auto name : names) {
      if (name == wanted.first) return telemetry::is_wanted(wanted.second, values[i]);
      ++i;
    }
    return wanted.second.starts_with('!');
  });
}

std::size_t Layout::add(Input input) {
  const auto [known, is_new] = known_.try_emplace(input.id(), cells_.size());
  if (!is_new) return known->second;
  starts_.push_back(cells_.size());
  cells_.resize(cells_.size() + input.width(),
                {.is_gauge = input.kind == Kind::kGauge, .nodes = input.nodes});
  inputs_.push_back(std::move(input));
  return known->second;
}

// The cases are those of record_expression().
Measure Layout::add(const Objective& objective, Nodes nodes, const Objective::Labels& whole) {
  const auto& metric = objective.metric;
  const auto& where = objective.where;
  const auto& shares = objective.share_of;
  if (objective.quantile || objective.apdex) {
    return {.form = objective.quantile ? Measure::Form::kQuantile : Measure::Form::kApdex,
            .parts = {add({.kind = Kind::kHistogram, .metric = metric, .where = where})},
            .quantile = objective.quantile.value_or(0),
            .apdex = objective.apdex.value_or(0)};
  }
  const bool of_counters = is_counter(metric) && std::ranges::all_of(shares, is_counter);
  if (!of_counters) {
    return {.form = Measure::Form::kValue,
            .parts = {add({.kind = Kind::kGauge,
                           .metric = metric,
                           .where = where,
                           .per = shares.empty() ? std::string() : shares.front(),
                           .nodes = nodes})}};
  }
  const auto count = [this](const std::string& name, const Objective::Labels& labels) {
    return add(Input{.kind = Kind::kCount, .metric = name, .where = labels});
  };
  Measure measure{.form = shares.empty() ? Measure::Form::kRate : Measure::Form::kShare,
                  .parts = {count(metric, where)}};
  auto whole_labels = objective.excluded();
  whole_labels.insert(whole.begin(), whole.end());
  for (const auto& part : shares) measure.whole.push_back(count(part, whole_labels));
  return measure;
}

double quantile_of(std::span<const float> buckets, double quantile) {
  const auto& bounds = telemetry::kLatencyBuckets;
  const double total = std::accumulate(buckets.begin(), buckets.end(), 0.0);
  if (total <= 0) return std::nan("");
  const double rank = quantile * total;
  double below = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const double here = buckets[i];
    if (below + here >= rank && here > 0) {
      const double lower = i == 0 ? 0 : bounds[i - 1];
      return lower + (bounds[i] - lower) * (rank - below) / here;
    }
    below += here;
  }
  return bounds.back();
}

double apdex_of(std::span<const float> buckets, double satisfied) {
  const auto& bounds = telemetry::kLatencyBuckets;
  const auto within = [&](double seconds) {
    const auto end = std::ranges::upper_bound(bounds, seconds) - bounds.begin();
    return std::accumulate(buckets.begin(), buckets.begin() + end, 0.0);
  };
  const double total = std::accumulate(buckets.begin(), buckets.end(), 0.0);
  if (total <= 0) return std::nan("");
  return (within(satisfied) + within(telemetry::kToleratedTimes * satisfied)) / 2 / total;
}

double evaluate(const Measure& measure, std::span<const float> row, double seconds) {
  switch (measure.form) {
    case Measure::Form::kRate:
      return seconds > 0 ? sum(measure.parts, row) / seconds : std::nan("");
    case Measure::Form::kValue:
      return row[measure.parts.front()];
    case Measure::Form::kQuantile:
      return quantile_of(row.subspan(measure.parts.front(), kBuckets), measure.quantile);
    case Measure::Form::kApdex:
      return apdex_of(row.subspan(measure.parts.front(), kBuckets), measure.apdex);
    case Measure::Form::kShare:
      const double whole = sum(measure.whole, row);
      return whole > 0 ? sum(measure.parts, row) / whole : std::nan("");
  }
  return std::nan("");
}

}  // namespace souk::observe
