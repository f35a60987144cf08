// Prometheus' rules, generated from the budgets: each objective is recorded, and each one with a
// `for` is an alert of alerts.h.
// Threading: pure functions.
#pragma once

#include <expected>
#include <string>

#include "observe/expressions.h"
#include "telemetry/budgets.h"

namespace souk::observe {

// A file for Prometheus' `rule_files`. Error: a sentence, if an objective with a `for` has no
// alert, or an alert no such objective.
std::expected<std::string, std::string> prometheus_rules(const telemetry::Budgets& budgets,
                                                         TimeScale scale = {});

}  // namespace souk::observe
