// The metrics this module records.
// Threading: cells belong to one worker. Ownership: the registry owns them, and outlives the pool.
#pragma once

#include <array>
#include <string_view>

#include "telemetry/metrics.h"

namespace souk::postgres {

struct MetricTable {
  telemetry::CounterSpec statements{
      "souk_db_statements_total", "Statements run; retries are not counted.", {"statement"}};
  telemetry::CounterSpec statement_errors{"souk_db_statement_errors_total",
                                          "Failed statements, by class of SQLSTATE; 08: connection "
                                          "lost, 53: no connection free in time, 57: time-out.",
                                          {"statement", "sqlstate_class"}};
  telemetry::HistogramSpec statement_duration{
      "souk_db_statement_duration_seconds",
      "Time from the call to the answer, including waits and retries.",
      {"statement"}};
  telemetry::CounterSpec statement_rows{
      "souk_db_rows_total", "Rows returned or changed.", {"statement"}};
  telemetry::HistogramSpec connection_wait{
      "souk_db_connection_wait_seconds",
      "Time that a scan, a write or a transaction waited for a connection, and a point for a "
      "shared one if there was none."};
  telemetry::HistogramSpec connection_hold{
      "souk_db_connection_hold_seconds",
      "Time that a scan, a write or a transaction held its connection."};
  telemetry::GaugeSpec connection_count{
      "souk_db_connections",
      "Connections by state: idle, used, shared (serving points), connecting, or committing (its "
      "caller no longer waits, but the commit is still running, e.g. while a standby is down).",
      {"state"}};
  telemetry::GaugeSpec waiting{"souk_db_waiting", "Callers waiting for a connection."};
  telemetry::CounterSpec reconnects{"souk_db_reconnects_total",
                                    "Connections opened to replace a lost one."};
  telemetry::CounterSpec connect_failures{
      "souk_db_connect_failures_total",
      "Failed attempts to open a connection, or to LISTEN on one."};
  telemetry::CounterSpec retries{
      "souk_db_retries_total",
      "Retries of statements, and of transactions from their start: lost with their connection, "
      "skipped after the error of a statement in the same pipeline, to be prepared again, or "
      "rolled back by a conflict with another transaction.",
      {"reason"}};
  telemetry::CounterSpec unknown_outcomes{
      "souk_db_unknown_outcomes_total",
      "Writes whose caller got the error that the outcome is unknown: the connection was lost or "
      "the time was over during the commit, or the commit had a warning that the standby may not "
      "have it."};
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
