// The metrics this module records.
#pragma once

#include <span>

#include "telemetry/metrics.h"

namespace souk::postgres {

using telemetry::MetricSpec;
using telemetry::MetricType;

inline constexpr MetricSpec kStatements{
    .name = "souk_db_statements_total",
    .help = "Statements run, each once however often it had to be tried.",
    .type = MetricType::kCounter,
    .labels = {"statement"}};
inline constexpr MetricSpec kStatementErrors{
    .name = "souk_db_statement_errors_total",
    .help =
        "Statements that failed, by class of SQLSTATE; 08 is a lost connection, 53 no "
        "connection free in time, 57 a time-out.",
    .type = MetricType::kCounter,
    .labels = {"statement", "sqlstate_class"}};
inline constexpr MetricSpec kStatementDuration{
    .name = "souk_db_statement_duration_seconds",
    .help = "Time from the call to the answer, waits and retries included.",
    .type = MetricType::kHistogram,
    .labels = {"statement"}};
inline constexpr MetricSpec kStatementRows{.name = "souk_db_rows_total",
                                           .help = "Rows returned or changed.",
                                           .type = MetricType::kCounter,
                                           .labels = {"statement"}};

inline constexpr MetricSpec kConnectionWait{
    .name = "souk_db_connection_wait_seconds",
    .help =
        "Time a scan, a write or a transaction waited for a connection of its own, and a point "
        "for one to share where there was none.",
    .type = MetricType::kHistogram};
inline constexpr MetricSpec kConnectionHold{
    .name = "souk_db_connection_hold_seconds",
    .help = "Time a scan, a write or a transaction kept its connection.",
    .type = MetricType::kHistogram};
inline constexpr MetricSpec kConnectionCount{
    .name = "souk_db_connections",
    .help =
        "Connections by state: idle, used, shared (serving points), connecting, or committing: the "
        "caller has given up waiting, and the commit goes on, as while a standby is away.",
    .type = MetricType::kGauge,
    .labels = {"state"}};
inline constexpr MetricSpec kWaiting{.name = "souk_db_waiting",
                                     .help = "Callers waiting for a connection.",
                                     .type = MetricType::kGauge};
inline constexpr MetricSpec kReconnects{.name = "souk_db_reconnects_total",
                                        .help = "Connections opened in place of one that was lost.",
                                        .type = MetricType::kCounter};
inline constexpr MetricSpec kConnectFailures{
    .name = "souk_db_connect_failures_total",
    .help = "Attempts to open a connection, or to listen on one, that failed.",
    .type = MetricType::kCounter};
inline constexpr MetricSpec kRetries{
    .name = "souk_db_retries_total",
    .help =
        "Statements sent again, and transactions run again from their start: lost with their "
        "connection, skipped after a neighbour's error, to be prepared anew, or undone by a "
        "conflict with another transaction.",
    .type = MetricType::kCounter,
    .labels = {"reason"}};

inline constexpr MetricSpec kUnknownOutcomes{
    .name = "souk_db_unknown_outcomes_total",
    .help =
        "Writes whose caller was told that the outcome is unknown: lost or not answered in time "
        "with the commit on its way, or committed with a warning that no standby may have it.",
    .type = MetricType::kCounter};

std::span<const MetricSpec* const> metric_specs();

}  // namespace souk::postgres
