#include "postgres/metrics.h"

#include <array>

namespace souk::postgres {

std::span<const MetricSpec* const> metric_specs() {
  static constexpr std::array kAll = {&kStatements,      &kStatementErrors, &kStatementDuration,
                                      &kStatementRows,   &kConnectionWait,  &kConnectionHold,
                                      &kConnectionCount, &kWaiting,         &kReconnects,
                                      &kConnectFailures, &kRetries,         &kUnknownOutcomes};
  return kAll;
}

}  // namespace souk::postgres
