// The pages of docs/reference/, generated from the tables used by the code.
// Threading: any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "telemetry/metrics.h"

namespace souk::app {

struct ReferencePage {
  std::string_view name;  // docs/reference/NAME.md
  std::string (*write)();
};

std::span<const ReferencePage> reference_pages();

// The metrics of all modules.
std::vector<const telemetry::MetricSpec*> all_metric_specs();

}  // namespace souk::app
