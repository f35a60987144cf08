// What confirmation counts. Threading: Metrics belongs to one loop. Ownership: borrows the
// registry.
#pragma once

#include "telemetry/metrics.h"

namespace souk::confirmation {

struct MetricTable {
  telemetry::CounterSpec messages{"souk_confirmation_messages_total",
                                  "Order confirmations: delivered (to the mail server, or the "
                                  "Maildir), off (none is configured), no_recipient (the account "
                                  "is closed), over_limit (the address reached the day's limit), "
                                  "refused (by the mail server, for good), failed (to be retried).",
                                  {"outcome"}};
};
inline constexpr MetricTable kMetrics;

struct Metrics {
  telemetry::Registry& registry;
  telemetry::Counter& delivered = registry.cell(kMetrics.messages, {"delivered"});
  telemetry::Counter& off = registry.cell(kMetrics.messages, {"off"});
  telemetry::Counter& no_recipient = registry.cell(kMetrics.messages, {"no_recipient"});
  telemetry::Counter& over_limit = registry.cell(kMetrics.messages, {"over_limit"});
  telemetry::Counter& refused = registry.cell(kMetrics.messages, {"refused"});
  telemetry::Counter& failed = registry.cell(kMetrics.messages, {"failed"});
};

}  // namespace souk::confirmation
