// The metrics of the dashboard.
#pragma once

#include "telemetry/metrics.h"

namespace souk::site {

struct MetricTable {
  telemetry::GaugeSpec streams{"souk_dashboard_streams", "Dashboards that get live updates."};
  telemetry::CounterSpec refused_streams{
      "souk_dashboard_streams_refused_total",
      "Dashboards without live updates, because too many others had them."};
  telemetry::CounterSpec sign_ins{
      "souk_dashboard_sign_ins_total",
      "Attempts to sign in to the dashboard, by outcome: admitted, refused (wrong password, or too "
      "many), no_admin, foreign (sent by a page of another origin).",
      {"outcome"}};
  telemetry::CounterSpec trusted{
      "souk_dashboard_trusted_total",
      "Requests answered for a session that was valid lately, while the database was away."};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::site
