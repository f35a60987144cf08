// The metrics this module records, and the cells of one worker.
// Threading: ExportMetrics belongs to one worker. Ownership: borrows the registry, which outlives
// it.
#pragma once

#include "telemetry/metrics.h"

namespace souk::reports {

struct MetricTable {
  telemetry::CounterSpec exports{
      "souk_reports_exports_total",
      "Exports requested: complete, broken_off (the client disconnected, the time limit was "
      "reached or the database was lost), or refused (too many were running).",
      {"outcome"}};
  telemetry::GaugeSpec exports_running{"souk_reports_exports_running", "Exports in progress."};
  telemetry::CounterSpec exported_orders{"souk_reports_exported_orders_total",
                                         "Orders written into exports."};
};
inline constexpr MetricTable kMetrics;

struct ExportMetrics {
  telemetry::Registry& registry;
  telemetry::Counter& complete = registry.cell(kMetrics.exports, {"complete"});
  telemetry::Counter& broken_off = registry.cell(kMetrics.exports, {"broken_off"});
  telemetry::Counter& refused = registry.cell(kMetrics.exports, {"refused"});
  telemetry::Gauge& running = registry.cell(kMetrics.exports_running);
  telemetry::Counter& orders = registry.cell(kMetrics.exported_orders);
};

}  // namespace souk::reports
