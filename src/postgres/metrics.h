// The metrics this module records.
// Threading: cells belong to one worker. Ownership: the registry owns them, and outlives the pool.
#pragma once

#include <array>
#include <string_view>

#include "telemetry/metrics.h"

namespace souk::postgres {

struct MetricTable {
  telemetry::CounterSpec statements{"souk_db_statements_total",
                                    "Statements run, each once however often it had to be tried.",
                                    {"statement"}};
  telemetry::CounterSpec statement_errors{
      "souk_db_statement_errors_total",
      "Statements that failed, by class of SQLSTATE; 08 is a lost connection, 53 no connection "
      "free in time, 57 a time-out.",
      {"statement", "sqlstate_class"}};
  telemetry::HistogramSpec statement_duration{
      "souk_db_statement_duration_seconds",
      "Time from the call to the answer, waits and retries included.",
      {"statement"}};
  telemetry::CounterSpec statement_rows{
      "souk_db_rows_total", "Rows returned or changed.", {"statement"}};
  telemetry::HistogramSpec connection_wait{
      "souk_db_connection_wait_seconds",
      "Time a scan, a write or a transaction waited for a connection of its own, and a point for "
      "one to share where there was none."};
  telemetry::HistogramSpec connection_hold{
      "souk_db_connection_hold_seconds",
      "Time a scan, a write or a transaction kept its connection."};
  telemetry::GaugeSpec connection_count{
      "souk_db_connections",
      "Connections by state: idle, used, shared (serving points), connecting, or committing: the "
      "caller has given up waiting, and the commit goes on, as while a standby is away.",
      {"state"}};
  telemetry::GaugeSpec waiting{"souk_db_waiting", "Callers waiting for a connection."};
  telemetry::CounterSpec reconnects{"souk_db_reconnects_total",
                                    "Connections opened in place of one that was lost."};
  telemetry::CounterSpec connect_failures{
      "souk_db_connect_failures_total",
      "Attempts to open a connection, or to listen on one, that failed."};
  telemetry::CounterSpec retries{
      "souk_db_retries_total",
      "Statements sent again, and transactions run again from their start: lost with their "
      "connection, skipped after a neighbour's error, to be prepared anew, or undone by a conflict "
      "with another transaction.",
      {"reason"}};
  telemetry::CounterSpec unknown_outcomes{
      "souk_db_unknown_outcomes_total",
      "Writes whose caller was told that the outcome is unknown: lost or not answered in time with "
      "the commit on its way, or committed with a warning that no standby may have it."};
};
inline constexpr MetricTable kMetrics;

// Why something is sent again: the names of Again's values.
inline constexpr std::array<std::string_view, 4> kAgainNames = {"lost", "skipped", "unprepared",
                                                                "conflict"};

// The cells of one worker's connections.
struct ConnectionMetrics {
  telemetry::Registry& registry;
  telemetry::Histogram& wait = registry.cell(kMetrics.connection_wait);
  telemetry::Histogram& hold = registry.cell(kMetrics.connection_hold);
  telemetry::Gauge& idle = registry.cell(kMetrics.connection_count, {"idle"});
  telemetry::Gauge& used = registry.cell(kMetrics.connection_count, {"used"});
  telemetry::Gauge& shared = registry.cell(kMetrics.connection_count, {"shared"});
  telemetry::Gauge& connecting = registry.cell(kMetrics.connection_count, {"connecting"});
  telemetry::Gauge& committing = registry.cell(kMetrics.connection_count, {"committing"});
  telemetry::Gauge& waiting = registry.cell(kMetrics.waiting);
  telemetry::Counter& reconnects = registry.cell(kMetrics.reconnects);
  telemetry::Counter& connect_failures = registry.cell(kMetrics.connect_failures);
};

}  // namespace souk::postgres
