// What statistics counts of itself.
#pragma once

#include "telemetry/metrics.h"

namespace souk::statistics {

struct MetricTable {
  telemetry::CounterSpec orders_gone{
      "souk_statistics_orders_gone_total",
      "Orders that were deleted before they were counted: the figures of sales lack them."};
  telemetry::GaugeSpec visits_in_progress{
      "souk_statistics_visits_in_progress",
      "Visits of customers of which this node keeps count until they end."};
  telemetry::CounterSpec visits{
      "souk_statistics_visits_total",
      "Visits of customers that ended, by the mean response time of their reads (above "
      "slower_than_ms milliseconds, and not above the next), at each step they reached: visit (all "
      "of them), hold, order, payment.",
      {"slower_than_ms", "reached"}};
  telemetry::CounterSpec visits_without_reads{
      "souk_statistics_visits_without_reads_total",
      "Visits of customers that ended without a read that succeeded: they have no response time "
      "and are left out."};
  telemetry::CounterSpec visit_requests_left_out{
      "souk_statistics_visit_requests_left_out_total",
      "Requests of customers that began no visit because too many were in progress."};
  telemetry::CounterSpec visits_not_stored{
      "souk_statistics_visit_store_failures_total",
      "Attempts to store the sums of ended visits that failed; later ones include them, unless the "
      "outcome is unknown."};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::statistics
