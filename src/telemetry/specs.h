// The metrics telemetry records about itself and the process.
#pragma once

#include "telemetry/metrics.h"

namespace souk::telemetry {

struct MetricTable {
  CounterSpec series_folded{
      "souk_telemetry_series_folded_total",
      "Label combinations counted as \"other\" because the metric already has its maximum."};
  CounterSpec log_events{
      "souk_log_events_total",
      "Warnings and errors by their event, whether or not the log's level shows them.",
      {"level", "event"}};
  CounterSpec log_lines_dropped{
      "souk_log_lines_dropped_total",
      "Log lines lost because the queue was full or the log could not be written."};
  CounterSpec buffers_taken{"souk_buffers_taken_total",
                            "Memory allocations for buffers on the event loops, from the kept "
                            "memory or from the allocator.",
                            {"from"}};
  GaugeSpec buffers_kept_bytes{"souk_buffers_kept_bytes",
                               "Memory kept for reuse by buffers, in all workers together."};
  CounterSpec traces_kept{"souk_traces_kept_total",
                          "Requests and jobs whose trace was kept when they had ended, by why: "
                          "slow, failed, sampled.",
                          {"reason"}};
  CounterSpec traces_exported{"souk_traces_exported_total", "Traces that the collector took."};
  CounterSpec traces_dropped{"souk_traces_dropped_total",
                             "Traces that were to be exported and are lost, by why: queue_full "
                             "(too many wait), export_failed (the collector is away or refuses).",
                             {"reason"}};
  CounterSpec trace_spans_left_out{
      "souk_trace_spans_left_out_total",
      "Spans that kept traces lack because their request or job had too many."};
  GaugeSpec traces_waiting{"souk_traces_waiting", "Traces that wait to be exported."};
  CounterSpec process_cpu{"process_cpu_seconds_total",
                          "User and system CPU time the process has used, in seconds."};
  CounterSpec cpu_cost{"souk_cpu_cost_total",
                       "What that CPU time costs by telemetry.core_hour_price, in its currency; "
                       "absent without that setting.",
                       {"currency"}};
  GaugeSpec process_resident_memory{"process_resident_memory_bytes", "Resident memory, in bytes."};
  GaugeSpec allotted_memory{
      "souk_allotted_memory_bytes",
      "Memory the process may use: its control group's limit, or else the machine's."};
  GaugeSpec allotted_cores{
      "souk_allotted_cores",
      "Cores the process may use: its control group's quota, or else its affinity."};
  GaugeSpec process_open_fds{"process_open_fds", "Open file descriptors."};
  GaugeSpec process_start_time{"process_start_time_seconds",
                               "When the process started, in seconds since the Unix epoch."};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::telemetry
