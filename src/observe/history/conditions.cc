#include "observe/history/conditions.h"

#include <algorithm>
#include <cmath>

#include "base/parse.h"

namespace souk::observe {
namespace {

using std::chrono::duration_cast;
using telemetry::Budgets;
using telemetry::Objective;
using telemetry::Section;

template <class Duration>
Seconds seconds(Duration duration) {
  return duration_cast<std::chrono::seconds>(duration).count();
}

Unit unit_of(const Objective& objective) {
  if (objective.is_duration) return Unit::kSeconds;
  return objective.share_of.empty() ? Unit::kCount : Unit::kShare;
}

}  // namespace

void Conditions::add(Condition condition, Rule rule) {
  conditions_.push_back(std::move(condition));
  rules_.push_back(std::move(rule));
}

Conditions::Conditions(Layout& layout, const Budgets& budgets) {
  for (const auto& alert : alerts()) {
    if (std::holds_alternative<Unreachable>(alert.condition)) {
      add({.alert = &alert,
           .severity = telemetry::Severity::kPage,
           .unit = Unit::kCount,
           .at_most = true,
           .limit = 0},
          {.of_nodes = true});
      continue;
    }
    const auto* broken = std::get_if<Broken>(&alert.condition);
    const auto* objective = broken == nullptr
                                ? budgets.find(Section::kAvailability, {}, "failed")
                                : budgets.find(broken->section, broken->subject, broken->name);
    if (objective == nullptr) continue;
    // The worst node's, of gauges.
    const auto measure = layout.add(*objective, objective->at_most ? Nodes::kMost : Nodes::kLeast);
    if (broken != nullptr) {
      add({.alert = &alert,
           .severity = objective->severity,
           .unit = unit_of(*objective),
           .at_most = objective->at_most,
           .limit = objective->threshold},
          {.measure = measure,
           .window = seconds(objective->window),
           .lasting = seconds(objective->alert_after.value_or(std::chrono::microseconds(0))),
           .while_growing = broken->while_growing});
      continue;
    }
    for (const auto& rate : kBurnRates) {
      add({.alert = &alert,
           .severity = rate.severity,
           .unit = Unit::kShare,
           .at_most = true,
           .limit = rate.factor * objective->threshold,
           .over = format_duration(rate.long_window)},
          {.measure = measure,
           .window = seconds(rate.long_window),
           .also = seconds(rate.short_window)});
    }
  }
}

void Conditions::judge(Seconds now, const Over& over, const Slope& slope, std::size_t gone) {
  using State = Condition::State;
  const auto value_of = [&over](const Measure& measure, Seconds window) {
    const auto row = over(window);
    return row.cells.empty() ? std::nan("") : evaluate(measure, row.cells, row.covered);
  };
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& rule = rules_[i];
    auto& condition = conditions_[i];
    const auto is_beyond = [&condition](double value) {
      return condition.at_most ? value > condition.limit : value < condition.limit;
    };
    condition.value =
        rule.of_nodes ? static_cast<double>(gone) : value_of(rule.measure, rule.window);
    bool broken = is_beyond(condition.value);
    if (broken && rule.also > 0) broken = is_beyond(value_of(rule.measure, rule.also));
    if (broken && rule.while_growing) broken = slope(rule.measure, rule.window) > 0;
    if (!broken) {
      condition.since = 0;
      condition.state = std::isnan(condition.value) ? State::kNoData : State::kQuiet;
      continue;
    }
    if (condition.since == 0) condition.since = now;
    condition.state = now - condition.since >= rule.lasting ? State::kFiring : State::kPending;
  }
}

}  // namespace souk::observe
