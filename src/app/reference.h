// The pages of docs/reference/, generated from the tables used by the code.
// Threading: any thread.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "telemetry/budgets.h"
#include "telemetry/metrics.h"

namespace souk::app {

struct ReferencePage {
  std::string_view name;  // docs/reference/NAME.md
  std::string (*write)();
};

std::span<const ReferencePage> reference_pages();

// budgets.toml as it was when Souk was built. Error: a sentence, if it is wrong.
std::expected<telemetry::Budgets, std::string> builtin_budgets();

// deploy/prometheus/souk.rules.yml, or, for tests, with each window and interval `scale` times as
// long. Error: a sentence.
std::expected<std::string, std::string> alert_rules(double scale = 1);

// deploy/grafana/souk.json. Error: a sentence.
std::expected<std::string, std::string> grafana_dashboard();

// The metrics of all modules.
std::vector<const telemetry::MetricSpec*> all_metric_specs();

}  // namespace souk::app
