// The metrics of the history.
#pragma once

#include "telemetry/metrics.h"

namespace souk::observe {

struct MetricTable {
  telemetry::GaugeSpec bytes{"souk_history_bytes",
                             "Memory of the history that this node keeps for the dashboard."};
  telemetry::GaugeSpec nodes{"souk_history_nodes",
                             "Nodes whose rows arrive in this node's history, itself included."};
  telemetry::HistogramSpec tick{
      "souk_history_tick_seconds",
      "Time to sample this node's metrics and to judge the alerts, once a second."};
  telemetry::CounterSpec failures{
      "souk_history_failures_total",
      "Exchanges of the history with the database that failed: exchange (of the nodes' rows), keep "
      "(of complete minutes) or restore (at the start).",
      {"what"}};
  telemetry::CounterSpec sent_bytes{"souk_history_sent_bytes_total",
                                    "Bytes of rows that this node told the others."};
  telemetry::CounterSpec damaged{"souk_history_damaged_total",
                                 "Reports of nodes that could not be read, and were left out."};
  telemetry::HistogramSpec trace_export{"souk_trace_export_seconds",
                                        "Time to send a batch of traces to the collector."};
  telemetry::CounterSpec trace_export_failures{
      "souk_trace_export_failures_total",
      "Attempts to send a batch of traces that failed; each is made a few times."};
  telemetry::CounterSpec trace_spans_rejected{
      "souk_trace_spans_rejected_total",
      "Spans that the collector refused in batches that it took otherwise."};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::observe
