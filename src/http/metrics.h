// What the HTTP server counts, and the cells of one worker.
// Threading: Metrics belongs to one worker. Ownership: borrows the registry, which outlives it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "http/router.h"
#include "telemetry/metrics.h"

namespace souk::http {

inline constexpr telemetry::MetricSpec kRequests{
    .name = "souk_http_requests_total",
    .help = "Requests answered, by method, route template, the route's priority, and status.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"method", "route", "priority", "status"}};
inline constexpr telemetry::MetricSpec kRequestDuration{
    .name = "souk_http_request_duration_seconds",
    .help =
        "Time from a request's head being read to its response being ready to send, without the "
        "time its body took to arrive.",
    .type = telemetry::MetricType::kHistogram,
    .labels = {"method", "route", "priority"}};
inline constexpr telemetry::MetricSpec kRequestsInFlight{
    .name = "souk_http_requests_in_flight",
    .help = "Requests whose handler is running.",
    .type = telemetry::MetricType::kGauge};
inline constexpr telemetry::MetricSpec kOverStatementBudget{
    .name = "souk_http_over_statement_budget_total",
    .help = "Requests that ran more SQL statements than their route states.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"method", "route"}};
inline constexpr telemetry::MetricSpec kProtocolErrors{
    .name = "souk_http_protocol_errors_total",
    .help = "Requests refused before they had a route, by status.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"status"}};
inline constexpr telemetry::MetricSpec kConnections{.name = "souk_http_connections",
                                                    .help = "Open connections.",
                                                    .type = telemetry::MetricType::kGauge};
inline constexpr telemetry::MetricSpec kConnectionsAccepted{
    .name = "souk_http_connections_accepted_total",
    .help = "Connections accepted.",
    .type = telemetry::MetricType::kCounter};
inline constexpr telemetry::MetricSpec kConnectionsRefused{
    .name = "souk_http_connections_refused_total",
    .help = "Connections answered 503 because of a limit, by limit.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"limit"}};
inline constexpr telemetry::MetricSpec kAcceptPauses{
    .name = "souk_http_accept_pauses_total",
    .help = "Times accepting paused because descriptors or memory had run out.",
    .type = telemetry::MetricType::kCounter};
inline constexpr telemetry::MetricSpec kTimeouts{
    .name = "souk_http_timeouts_total",
    .help = "Connections closed by a time-out, by what was waited for.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"kind"}};
inline constexpr telemetry::MetricSpec kDrained{
    .name = "souk_http_connections_drained_total",
    .help = "Connections ended by a drain, by whether they were cut.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"how"}};
inline constexpr telemetry::MetricSpec kCancelledRequests{
    .name = "souk_http_cancelled_requests_total",
    .help = "Requests whose client had gone before their handler was done, reads only.",
    .type = telemetry::MetricType::kCounter};
inline constexpr telemetry::MetricSpec kUnnamedClients{
    .name = "souk_http_unnamed_clients_total",
    .help =
        "Requests through trusted proxies that no limit for each client holds, because the "
        "proxies named no client, or one that is local or trusted.",
    .type = telemetry::MetricType::kCounter};
inline constexpr telemetry::MetricSpec kUntrustedProxies{
    .name = "souk_http_untrusted_proxies_total",
    .help =
        "Requests that named a client and came from no trusted proxy (http.trusted_proxies), by "
        "whether limits for each client hold their peer: limited, unlimited.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"peer"}};
inline constexpr telemetry::MetricSpec kReceivedBytes{.name = "souk_http_received_bytes_total",
                                                      .help = "Bytes read from clients.",
                                                      .type = telemetry::MetricType::kCounter};
inline constexpr telemetry::MetricSpec kSentBytes{.name = "souk_http_sent_bytes_total",
                                                  .help = "Bytes written to clients.",
                                                  .type = telemetry::MetricType::kCounter};

// Every metric this module records, for the reference page.
std::span<const telemetry::MetricSpec* const> metric_specs();

// Labels of requests that no route answered.
inline constexpr std::string_view kUnmatchedRoute = "unmatched";
inline constexpr std::string_view kUnmatchedPriority = "none";

class Metrics {
 public:
  Metrics(telemetry::Registry& registry, const Router& router);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void record(Method method, const Match& match, int status,
              std::chrono::steady_clock::duration elapsed);
  void over_statement_budget(Method method, const Match& match);
  void protocol_error(int status);

  telemetry::Gauge& in_flight;
  telemetry::Gauge& connections;
  telemetry::Counter& accepted;
  telemetry::Counter& refused_total_limit;
  telemetry::Counter& refused_address_limit;
  telemetry::Counter& accept_pauses;
  telemetry::Counter& header_timeouts;
  telemetry::Counter& body_timeouts;
  telemetry::Counter& idle_timeouts;
  telemetry::Counter& write_timeouts;
  telemetry::Counter& drained_gracefully;
  telemetry::Counter& drained_cut;
  telemetry::Counter& cancelled_requests;
  telemetry::Counter& unnamed_clients;
  telemetry::Counter& untrusted_limited;
  telemetry::Counter& untrusted_unlimited;
  telemetry::Counter& received_bytes;
  telemetry::Counter& sent_bytes;

 private:
  struct Series;
  Series& series(Method method, const Match& match);

  telemetry::Registry& registry_;
  const Router& router_;
  std::vector<std::unique_ptr<Series>> series_;  // by route and method, made on first use
  std::map<int, telemetry::Counter*> protocol_errors_;
};

}  // namespace souk::http
