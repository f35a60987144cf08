// The metrics of the composition root.
#pragma once

#include "telemetry/metrics.h"

namespace souk::app {

struct MetricTable {
  telemetry::GaugeSpec offload_waiting{
      "souk_offload_waiting",
      "Work that waits for a thread: hashing, compressing, disk (mail), names (of webhooks).",
      {"queue"}};
  telemetry::CounterSpec offload_refused{"souk_offload_refused_total",
                                         "Work that was turned away because too much was waiting.",
                                         {"queue"}};
  telemetry::GaugeSpec database_ready{
      "souk_database_ready",
      "1 while the database has the schema this Souk knows and may be written, or only read with "
      "database.read_only; looked at every second."};
  telemetry::CounterSpec housekeeping_paused{
      "souk_housekeeping_paused_total",
      "Runs of housekeeping that deleted nothing, and of the ending of unpaid orders that ended "
      "none, because the database's clock leapt lately; it is believed again after an hour of "
      "going evenly."};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::app
