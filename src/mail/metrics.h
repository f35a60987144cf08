// What mail counts. Threading: Metrics belongs to one loop. Ownership: borrows the registry.
#pragma once

#include "telemetry/metrics.h"

namespace souk::mail {

struct MetricTable {
  telemetry::CounterSpec messages{
      "souk_mail_messages_total",
      "Messages by what became of an attempt: delivered (accepted by the SMTP server, or in the "
      "Maildir), refused (by the server for good, 5xx), failed (to be tried again: "
      "4xx, time-out), postponed (not tried: too many were waiting, or none was served lately).",
      {"outcome"}};
  telemetry::CounterSpec unavailable{
      "souk_mail_server_unavailable_total",
      "Attempts that found no SMTP server that answers, is trusted and lets Souk sign in."};
};
inline constexpr MetricTable kMetrics;

struct Metrics {
  telemetry::Registry& registry;
  telemetry::Counter& delivered = registry.cell(kMetrics.messages, {"delivered"});
  telemetry::Counter& refused = registry.cell(kMetrics.messages, {"refused"});
  telemetry::Counter& failed = registry.cell(kMetrics.messages, {"failed"});
  telemetry::Counter& postponed = registry.cell(kMetrics.messages, {"postponed"});
  telemetry::Counter& unavailable = registry.cell(kMetrics.unavailable);
};

}  // namespace souk::mail
