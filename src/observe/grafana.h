// The dashboard of Grafana, with the panels of the shop's own: deploy/grafana/souk.json.
// Threading: pure functions.
#pragma once

#include <string>

#include "telemetry/budgets.h"

namespace souk::observe {

// The model of a dashboard, as Grafana imports it. Its data source is a variable, and so is the
// job.
std::string grafana_dashboard(const telemetry::Budgets& budgets);

}  // namespace souk::observe
