#include "reports/metrics.h"

#include <array>

namespace souk::reports {

std::span<const MetricSpec* const> metric_specs() {
  static constexpr std::array<const MetricSpec*, 3> kAll = {&kExports, &kExportsRunning,
                                                            &kExportedOrders};
  return kAll;
}

ExportMetrics::ExportMetrics(telemetry::Registry& registry)
    : complete(registry.counter(kExports, {"complete"})),
      broken_off(registry.counter(kExports, {"broken_off"})),
      refused(registry.counter(kExports, {"refused"})),
      running(registry.gauge(kExportsRunning)),
      orders(registry.counter(kExportedOrders)) {}

}  // namespace souk::reports
