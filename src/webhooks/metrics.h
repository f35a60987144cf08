// What webhooks record.
// Threading: the cells of one loop. Ownership: the registry's.
#pragma once

#include "telemetry/metrics.h"

namespace souk::webhooks {

struct MetricTable {
  telemetry::CounterSpec deliveries{
      "souk_webhooks_deliveries_total",
      "Deliveries attempted: delivered, refused (another status than 2xx), unreachable, "
      "breaker_open (not sent, the endpoint failed too often), dropped (the endpoint was deleted "
      "or disabled).",
      {"outcome"}};
  telemetry::HistogramSpec delivery_duration{
      "souk_webhooks_delivery_duration_seconds",
      "Time from the name look-up of an endpoint to its answer, or to its failure."};
  telemetry::GaugeSpec breakers_open{
      "souk_webhooks_breakers_open",
      "Endpoints whose circuit breaker is open, because they failed too often in a row, while a "
      "delivery to them is under way or waits for its next attempt."};
  telemetry::CounterSpec disabled{
      "souk_webhooks_disabled_total",
      "Endpoints disabled: gone (answered 410) or failing for too long.",
      {"reason"}};
};
inline constexpr MetricTable kMetrics;

struct Metrics {
  telemetry::Registry& registry;
  telemetry::Counter& delivered = registry.cell(kMetrics.deliveries, {"delivered"});
  telemetry::Counter& refused = registry.cell(kMetrics.deliveries, {"refused"});
  telemetry::Counter& unreachable = registry.cell(kMetrics.deliveries, {"unreachable"});
  telemetry::Counter& breaker_open = registry.cell(kMetrics.deliveries, {"breaker_open"});
  telemetry::Counter& dropped = registry.cell(kMetrics.deliveries, {"dropped"});
  telemetry::Histogram& duration = registry.cell(kMetrics.delivery_duration);
  telemetry::Gauge& breakers_open = registry.cell(kMetrics.breakers_open);
  telemetry::Counter& disabled_gone = registry.cell(kMetrics.disabled, {"gone"});
  telemetry::Counter& disabled_failing = registry.cell(kMetrics.disabled, {"failing"});
};

}  // namespace souk::webhooks
