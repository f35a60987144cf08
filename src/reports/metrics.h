// The metrics this module records, and the cells of one worker.
// Threading: ExportMetrics belongs to one worker. Ownership: borrows the registry, which outlives
// it.
#pragma once

#include <span>

#include "telemetry/metrics.h"

namespace souk::reports {

using telemetry::MetricSpec;
using telemetry::MetricType;

inline constexpr MetricSpec kExports{
    .name = "souk_reports_exports_total",
    .help =
        "Exports asked for: complete, broken off (the client left, time or the database was lost), "
        "or refused because too many were running.",
    .type = MetricType::kCounter,
    .labels = {"outcome"}};
inline constexpr MetricSpec kExportsRunning{.name = "souk_reports_exports_running",
                                            .help = "Exports that are being sent.",
                                            .type = MetricType::kGauge};
inline constexpr MetricSpec kExportedOrders{.name = "souk_reports_exported_orders_total",
                                            .help = "Orders written into exports.",
                                            .type = MetricType::kCounter};

std::span<const MetricSpec* const> metric_specs();

struct ExportMetrics {
  explicit ExportMetrics(telemetry::Registry& registry);

  telemetry::Counter& complete;
  telemetry::Counter& broken_off;
  telemetry::Counter& refused;
  telemetry::Gauge& running;
  telemetry::Counter& orders;
};

}  // namespace souk::reports
