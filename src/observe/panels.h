// The panels of both dashboards, /dashboard and Grafana's: one table, so that they show the same.
// Threading: constants.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "telemetry/budgets.h"

namespace souk::observe {

// How the values of several nodes become one. What all nodes report alike is not summed.
enum class Nodes : std::uint8_t { kSum, kMost, kLeast };

// What a panel's axis shows. A rate is per second, kPerMinute is 60 times that.
enum class Unit : std::uint8_t { kPerSecond, kPerMinute, kSeconds, kShare, kBytes, kCount, kMoney };

struct Where {
  std::string_view label = {};
  std::string_view value = {};  // as in Objective::where; "a|b" is either
};

// The fields mean what those of telemetry::Objective do.
struct Curve {
  std::string_view title;
  std::string_view metric;
  std::array<Where, 2> where = {};
  double quantile = 0;  // 0: none
  double apdex = 0;     // seconds; 0: none
  std::array<std::string_view, 2> share_of = {};
  std::array<Where, 2> share_where = {};  // of the series of `share_of`
  Nodes nodes = Nodes::kSum;
  double times = 1;  // shown as so many times its value

  telemetry::Objective measure() const;
  telemetry::Objective::Labels labels_of_whole() const;
};

// A limit drawn in a panel: an objective of budgets.toml.
struct Limit {
  telemetry::Section section;
  std::string_view subject;
  std::string_view name;
};

inline constexpr std::size_t kMaxCurves = 5;

struct Panel {
  std::string_view id;  // of the page's element
  std::string_view title;
  std::string_view meaning;  // a sentence
  Unit unit;
  std::array<Curve, kMaxCurves> curves;  // up to the first without a title
  std::array<Limit, 2> limits = {};      // up to the first without a name

  std::span<const Curve> all_curves() const;
  std::span<const Limit> all_limits() const;
  // What a curve's value is multiplied by.
  double factor(const Curve& curve) const;
};

std::span<const Panel> panels();
// Without those of money: what a shop shows that knows no price of a core.
std::vector<Panel> panels_without_money();

}  // namespace souk::observe
