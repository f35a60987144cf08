#include "checkout/metrics.h"

namespace souk::checkout {

std::span<const MetricSpec* const> metric_specs() {
  static constexpr std::array<const MetricSpec*, 9> kAll = {
      &kBatchSize,      &kBatchDuration, &kQueueTime, &kWaiting,     &kOrders,
      &kBatchesDivided, &kLookUps,       &kUntold,    &kUnpaidOrders};
  return kAll;
}

Metrics::Metrics(telemetry::Registry& registry)
    : batch_size(registry.histogram(kBatchSize)),
      batch_duration(registry.histogram(kBatchDuration)),
      queue_time(registry.histogram(kQueueTime)),
      waiting(registry.gauge(kWaiting)),
      placed(registry.counter(kOrders, {"placed"})),
      replayed(registry.counter(kOrders, {"replayed"})),
      out_of_stock(registry.counter(kOrders, {"out_of_stock"})),
      refused(registry.counter(kOrders, {"refused"})),
      failed(registry.counter(kOrders, {"failed"})),
      turned_away(registry.counter(kOrders, {"turned_away"})),
      waited_too_long(registry.counter(kOrders, {"waited_too_long"})),
      limited_user(registry.counter(kOrders, {"user_limit"})),
      limited_network(registry.counter(kOrders, {"network_limit"})),
      divided(registry.counter(kBatchesDivided)),
      look_ups(registry.counter(kLookUps)),
      untold(registry.counter(kUntold)) {}

}  // namespace souk::checkout
