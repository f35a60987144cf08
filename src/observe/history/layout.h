// What a row of the history holds: one number for each counter (its increase), each gauge, and each
// bucket of a histogram (its increase), of all curves of the dashboard and all objectives. Rows of
// several nodes and of several seconds are merged number by number.
//
// Threading: immutable. Ownership: plain values.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "observe/panels.h"
#include "telemetry/budgets.h"

namespace souk::observe {

inline constexpr float kAbsent = std::numeric_limits<float>::quiet_NaN();
// Of every histogram in the history.
inline constexpr std::size_t kBuckets = telemetry::kLatencyBuckets.size() + 1;

enum class Kind : std::uint8_t { kCount, kGauge, kHistogram };

// What a node reads of its metrics: the sum of a metric's series with these labels.
struct Input {
  Kind kind;
  std::string metric;
  telemetry::Objective::Labels where;
  // Of a gauge: it is the metric (by rate, of a counter) divided by this one, on its node.
  std::string per = {};
  Nodes nodes = Nodes::kSum;

  std::size_t width() const { return kind == Kind::kHistogram ? kBuckets : 1; }
  // The same in every version of Souk that has this input.
  std::uint32_t id() const;
};

bool matches(const telemetry::Objective::Labels& where, const telemetry::LabelNames& names,
             std::span<const std::string> values);

// Where a row has what a curve or an objective is computed from.
struct Measure {
  enum class Form : std::uint8_t { kRate, kValue, kQuantile, kApdex, kShare };
  Form form = Form::kRate;
  std::vector<std::size_t> parts =
      {};  // first numbers of inputs; shares: divided by the sum of `whole`
  std::vector<std::size_t> whole = {};
  double quantile = 0;
  double apdex = 0;
};

// How one number is merged.
struct Cell {
  bool is_gauge = false;
  Nodes nodes = Nodes::kSum;
};

class Layout {
 public:
  // The measure of an objective, whose inputs it adds if they are missing.
  // `whole`: as of record_expression().
  Measure add(const telemetry::Objective& objective, Nodes nodes,
              const telemetry::Objective::Labels& whole = {});

  std::span<const Input> inputs() const { return inputs_; }
  // The first number of an input.
  std::size_t at(std::size_t input) const { return starts_[input]; }
  std::span<const Cell> cells() const { return cells_; }
  std::size_t width() const { return cells_.size(); }

 private:
  std::size_t add(Input input);

  std::vector<Input> inputs_;
  std::vector<std::size_t> starts_;
  std::vector<Cell> cells_;
  std::map<std::uint32_t, std::size_t> known_;  // first numbers by id
};

// Of a histogram's buckets, as Prometheus' histogram_quantile() computes it; NaN without any.
double quantile_of(std::span<const float> buckets, double quantile);

// As Objective::apdex; NaN without observations.
double apdex_of(std::span<const float> buckets, double satisfied);

// The value of a row that covers so many seconds; NaN when nothing happened or was measured.
double evaluate(const Measure& measure, std::span<const float> row, double seconds);

}  // namespace souk::observe
