#include "webhooks/metrics.h"

#include <array>

namespace souk::webhooks {

std::span<const telemetry::MetricSpec* const> metric_specs() {
  static constexpr std::array<const telemetry::MetricSpec*, 4> kAll = {
      &kDeliveries, &kDeliveryDuration, &kBreakersOpen, &kDisabled};
  return kAll;
}

Metrics::Metrics(telemetry::Registry& registry)
    : delivered(registry.counter(kDeliveries, {"delivered"})),
      refused(registry.counter(kDeliveries, {"refused"})),
      unreachable(registry.counter(kDeliveries, {"unreachable"})),
      breaker_open(registry.counter(kDeliveries, {"breaker_open"})),
      dropped(registry.counter(kDeliveries, {"dropped"})),
      duration(registry.histogram(kDeliveryDuration)),
      breakers_open(registry.gauge(kBreakersOpen)),
      disabled_gone(registry.counter(kDisabled, {"gone"})),
      disabled_failing(registry.counter(kDisabled, {"failing"})) {}

}  // namespace souk::webhooks
