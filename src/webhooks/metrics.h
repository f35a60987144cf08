// What webhooks record.
// Threading: the cells of one loop. Ownership: the registry's.
#pragma once

#include <span>

#include "telemetry/metrics.h"

namespace souk::webhooks {

inline constexpr telemetry::MetricSpec kDeliveries{
    .name = "souk_webhooks_deliveries_total",
    .help =
        "Deliveries that were tried: delivered, refused (another status than 2xx), unreachable, "
        "breaker_open (not asked, it failed too often), dropped (the endpoint is gone or "
        "disabled).",
    .type = telemetry::MetricType::kCounter,
    .labels = {"outcome"}};
inline constexpr telemetry::MetricSpec kDeliveryDuration{
    .name = "souk_webhooks_delivery_duration_seconds",
    .help = "Time from looking an endpoint's name up to its answer, or to giving up.",
    .type = telemetry::MetricType::kHistogram};
inline constexpr telemetry::MetricSpec kBreakersOpen{
    .name = "souk_webhooks_breakers_open",
    .help = "Endpoints that are left alone for a while, because they failed too often in a row.",
    .type = telemetry::MetricType::kGauge};
inline constexpr telemetry::MetricSpec kDisabled{
    .name = "souk_webhooks_disabled_total",
    .help = "Endpoints that were disabled: gone (they answered 410) or failing for too long.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"reason"}};

// Every metric this module records, for the reference page.
std::span<const telemetry::MetricSpec* const> metric_specs();

struct Metrics {
  explicit Metrics(telemetry::Registry& registry);

  telemetry::Counter& delivered;
  telemetry::Counter& refused;
  telemetry::Counter& unreachable;
  telemetry::Counter& breaker_open;
  telemetry::Counter& dropped;
  telemetry::Histogram& duration;
  telemetry::Gauge& breakers_open;
  telemetry::Counter& disabled_gone;
  telemetry::Counter& disabled_failing;
};

}  // namespace souk::webhooks
