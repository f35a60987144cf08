// The metrics of searches, and the cells of one worker.
// Threading: SearchMetrics belongs to one worker. Ownership: borrows the registry, which outlives
// it.
#pragma once

#include "telemetry/metrics.h"

namespace souk::catalog {

struct MetricTable {
  telemetry::CounterSpec searches{
      "souk_catalog_searches_total",
      "Searches that ran in the database: answered, bounded (answered, but stopped at a limit), "
      "busy "
      "(refused: too many were running) or too_long (stopped at search.timeout).",
      {"outcome"}};
  telemetry::GaugeSpec searches_running{"souk_catalog_searches_running", "Searches in progress."};
};
inline constexpr MetricTable kMetrics;

struct SearchMetrics {
  telemetry::Registry& registry;
  telemetry::Counter& answered = registry.cell(kMetrics.searches, {"answered"});
  telemetry::Counter& bounded = registry.cell(kMetrics.searches, {"bounded"});
  telemetry::Counter& busy = registry.cell(kMetrics.searches, {"busy"});
  telemetry::Counter& too_long = registry.cell(kMetrics.searches, {"too_long"});
  telemetry::Gauge& running = registry.cell(kMetrics.searches_running);
};

}  // namespace souk::catalog
