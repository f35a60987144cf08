// What the HTTP server counts, and the cells of one worker.
// Threading: Metrics belongs to one worker. Ownership: borrows the registry, which outlives it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "http/coding/coding.h"
#include "http/router.h"
#include "runtime/tls/stream.h"
#include "telemetry/metrics.h"

namespace souk::http {

struct MetricTable {
  telemetry::CounterSpec requests{
      "souk_http_requests_total",
      "Requests answered, by method, route template, the route's priority, and status.",
      {"method", "route", "priority", "status"}};
  telemetry::HistogramSpec request_duration{
      "souk_http_request_duration_seconds",
      "Time from the arrival of a request's first byte, in the kernel's queue of unread bytes, "
      "until its response is ready to send, without the time its body took to arrive. Not of "
      "requests that were refused at once.",
      {"method", "route", "priority"}};
  telemetry::GaugeSpec requests_in_flight{"souk_http_requests_in_flight",
                                          "Requests whose handler is running."};
  telemetry::CounterSpec over_statement_budget{
      "souk_http_over_statement_budget_total",
      "Requests that ran more SQL statements than their operation declares.",
      {"method", "route"}};
  telemetry::CounterSpec warnings_left_out{
      "souk_http_warnings_left_out_total",
      "Warnings of single requests that the log does not have because it has many of them, by "
      "event.",
      {"event"}};
  telemetry::CounterSpec protocol_errors{
      "souk_http_protocol_errors_total", "Requests refused before routing, by status.", {"status"}};
  telemetry::GaugeSpec connections{"souk_http_connections", "Open connections."};
  telemetry::CounterSpec connections_accepted{"souk_http_connections_accepted_total",
                                              "Connections accepted."};
  telemetry::CounterSpec connections_refused{
      "souk_http_connections_refused_total",
      "Connections answered 503 because of a limit, by limit.",
      {"limit"}};
  telemetry::CounterSpec tls_handshakes{
      "souk_http_tls_handshakes_total",
      "TLS handshakes with clients, by version and whether an earlier session was resumed.",
      {"version", "resumed"}};
  telemetry::CounterSpec tls_failures{
      "souk_http_tls_handshake_failures_total",
      "TLS handshakes that failed, by reason: closed or timeout, plain_http (a request in plain "
      "text), version, suite or protocol (none in common), client_alert (e.g. an unknown "
      "authority), malformed.",
      {"reason"}};
  telemetry::CounterSpec accept_pauses{
      "souk_http_accept_pauses_total",
      "Pauses of accepting because file descriptors or memory had run out."};
  telemetry::CounterSpec timeouts{"souk_http_timeouts_total",
                                  "Connections closed by a time-out, by what they waited for.",
                                  {"kind"}};
  telemetry::CounterSpec drained{"souk_http_connections_drained_total",
                                 "Connections ended by a drain, by how: finished or cut.",
                                 {"how"}};
  telemetry::CounterSpec http2_connections{"souk_http2_connections_total",
                                           "Connections that began HTTP/2."};
  telemetry::CounterSpec http2_limits{
      "souk_http2_limits_total",
      "Connections of HTTP/2 ended, or streams of them refused (streams), because of a limit.",
      {"limit"}};
  telemetry::CounterSpec cancelled_requests{
      "souk_http_cancelled_requests_total",
      "Read requests whose client disconnected before their handler ended."};
  telemetry::CounterSpec unnamed_clients{
      "souk_http_unnamed_clients_total",
      "Requests through trusted proxies without per-client limits, because the proxies named no "
      "client, or one that is local or trusted."};
  telemetry::CounterSpec untrusted_proxies{
      "souk_http_untrusted_proxies_total",
      "Requests that named a client and did not come from a trusted proxy (http.trusted_proxies), "
      "by whether their peer has per-client limits: limited, unlimited.",
      {"peer"}};
  telemetry::CounterSpec coded_responses{
      "souk_http_coded_responses_total",
      "Responses compressed for one request, by coding; those from the cache are not among them.",
      {"coding"}};
  telemetry::CounterSpec encoders_refused{
      "souk_http_encoders_refused_total",
      "Responses sent without compression because too many others were being compressed."};
  telemetry::CounterSpec proxy_preambles{
      "souk_http_proxy_preambles_total",
      "Connections from trusted proxies by what became of their PROXY protocol header: read, "
      "malformed, late, closed (before it was complete). Only the first are served.",
      {"outcome"}};
  telemetry::CounterSpec received_bytes{"souk_http_received_bytes_total",
                                        "Bytes read from clients."};
  telemetry::CounterSpec sent_bytes{"souk_http_sent_bytes_total", "Bytes written to clients."};
};
inline constexpr MetricTable kMetrics;

// Labels of requests that no route answered.
inline constexpr std::string_view kUnmatchedRoute = "unmatched";
inline std::string_view route_of(const Match& match) {
  return match.route == nullptr ? kUnmatchedRoute : std::string_view(match.route->path);
}
inline constexpr std::string_view kUnmatchedPriority = "none";

class Metrics {
 public:
  Metrics(telemetry::Registry& borrowed, const Router& router);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Inline, since each response runs it.
  [[gnu::always_inline]] void record(Method method, const Match& match, int status,
                                     std::chrono::steady_clock::duration elapsed) {
    auto* const cells = slot(method, match).get();
    auto* const requests = cells == nullptr ? nullptr : cells->find(status);
    if (requests == nullptr) [[unlikely]]
      return record_first(method, match, status, elapsed);
    cells->duration.observe(elapsed);
    requests->increment();
  }
  // After record(): the trace of what it recorded.
  void exemplify(Method method, const Match& match, const telemetry::Exemplar& exemplar);
  // Without a duration.
  void count(Method method, const Match& match, int status);
  void over_statement_budget(Method method, const Match& match);
  void protocol_error(int status);
  void tls_handshake(std::string_view version, bool resumed);

  telemetry::Registry& registry;
  telemetry::Gauge& in_flight = registry.cell(kMetrics.requests_in_flight);
  telemetry::Gauge& connections = registry.cell(kMetrics.connections);
  telemetry::Counter& accepted = registry.cell(kMetrics.connections_accepted);
  telemetry::Counter& refused_total_limit = registry.cell(kMetrics.connections_refused, {"total"});
  telemetry::Counter& refused_address_limit =
      registry.cell(kMetrics.connections_refused, {"address"});
  telemetry::Counter& accept_pauses = registry.cell(kMetrics.accept_pauses);
  telemetry::CountersBy<runtime::TlsFailure, runtime::kTlsFailureNames> tls_failures{
      registry, kMetrics.tls_failures};
  telemetry::Counter& header_timeouts = registry.cell(kMetrics.timeouts, {"header"});
  telemetry::Counter& body_timeouts = registry.cell(kMetrics.timeouts, {"body"});
  telemetry::Counter& idle_timeouts = registry.cell(kMetrics.timeouts, {"idle"});
  telemetry::Counter& write_timeouts = registry.cell(kMetrics.timeouts, {"write"});
  telemetry::Counter& drained_gracefully = registry.cell(kMetrics.drained, {"finished"});
  telemetry::Counter& drained_cut = registry.cell(kMetrics.drained, {"cut"});
  telemetry::Counter& http2_connections = registry.cell(kMetrics.http2_connections);
  telemetry::Counter& cancelled_requests = registry.cell(kMetrics.cancelled_requests);
  telemetry::Counter& unnamed_clients = registry.cell(kMetrics.unnamed_clients);
  telemetry::Counter& untrusted_limited = registry.cell(kMetrics.untrusted_proxies, {"limited"});
  telemetry::Counter& untrusted_unlimited =
      registry.cell(kMetrics.untrusted_proxies, {"unlimited"});
  // By coding; null for the identity.
  const std::array<telemetry::Counter*, kCodingNames.size()> coded_responses{
      nullptr, &registry.cell(kMetrics.coded_responses, {"gzip"}),
      &registry.cell(kMetrics.coded_responses, {"br"}),
      &registry.cell(kMetrics.coded_responses, {"zstd"})};
  telemetry::Counter& encoders_refused = registry.cell(kMetrics.encoders_refused);
  telemetry::Counter& received_bytes = registry.cell(kMetrics.received_bytes);
  telemetry::Counter& sent_bytes = registry.cell(kMetrics.sent_bytes);

 private:
  // The cells of one route and method. A route answers with few different statuses, the usual one
  // first: a list is searched faster than a map.
  struct Series {
    // `matched` may be null: no route answers.
    Series(telemetry::Registry& registry, Method requested, const Route* matched);

    // Null before the first of its status.
    telemetry::Counter* find(int status) const {
      for (const auto& [known, counter] : requests) {
        if (known == status) return counter;
      }
      return nullptr;
    }
    telemetry::Counter& find_or_make(telemetry::Registry& from, int status);

    std::string_view method;
    std::string_view route;
    std::string_view priority;
    telemetry::Histogram& duration;
    std::vector<std::pair<int, telemetry::Counter*>> requests;
    telemetry::Counter* over_budget = nullptr;
  };
  std::unique_ptr<Series>& slot(Method method, const Match& match) {
    const auto place = match.route == nullptr ? 0 : match.index + 1;
    return series_[place * kMethods + static_cast<std::size_t>(method)];
  }
  Series& series(Method method, const Match& match);
  void record_first(Method method, const Match& match, int status,
                    std::chrono::steady_clock::duration elapsed);

  // By route, after those of no route, and method; made on first use.
  std::vector<std::unique_ptr<Series>> series_;
  std::map<int, telemetry::Counter*> protocol_errors_;
  std::map<std::pair<std::string_view, bool>, telemetry::Counter*> tls_handshakes_;
};

}  // namespace souk::http
