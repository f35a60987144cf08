// The steps around every handler: ids and trace, client identity, deadline, admission, errors,
// content codings, conditional requests, metrics, traces and what the log says of requests.
// Independent of the protocol version.
//
// Threading: one per worker, loop thread only.
// Ownership: owns the router; borrows the rest, which outlives it.
#pragma once

#include <atomic>

#include "base/clock.h"
#include "base/random.h"
#include "http/client_rules.h"
#include "http/cors.h"
#include "http/exchange.h"
#include "http/gate.h"
#include "http/handler.h"
#include "http/metrics.h"
#include "http/observer.h"
#include "http/request_log.h"
#include "http/response_coder.h"
#include "http/router.h"
#include "http/server_config.h"
#include "telemetry/log.h"
#include "telemetry/trace.h"
#include "telemetry/traces.h"

namespace souk::http {

// Whether a peer that names clients without being a trusted proxy was logged already. Clients under
// limits have a flag of their own, since any stranger can set it. Any thread; one for all workers.
struct ProxyWarnings {
  std::atomic_flag of_unlimited;
  std::atomic_flag of_limited;
};

class Dispatcher {
 public:
  struct Environment {
    const Clock& clock;
    Random& random;
    telemetry::Registry& registry;
    telemetry::Log& log;
    ProxyWarnings& proxy_warnings;
    Gate* gate = nullptr;                 // null: every request is served
    telemetry::Traces* traces = nullptr;  // null: none are kept
    Observer* observer = nullptr;         // or null
  };

  Dispatcher(const ServerConfig& config, Router router, Hooks& hooks, Environment environment);

  // Called when a request's head has arrived: finds its route and runs the handler. The body is
  // read only if the route takes one, its size is allowed and the client is admitted. Never throws:
  // an exception of the handler becomes the response of Hooks::on_exception.
  runtime::Task<void> respond(Exchange& exchange);

  // To be set in each request of a connection from there.
  Peer peer(const IpAddress& address) const { return clients_.peer(address); }
  const Router& router() const { return router_; }
  Metrics& metrics() { return metrics_; }
  telemetry::Log& log() { return log_; }
  const Clock& clock() const { return clock_; }

 private:
  // Of every response to a peer, by whether it speaks TLS.
  struct CommonFields {
    CommonFields(const ServerConfig& config, std::span<const HeaderField> list)
        : fields(list), cors(config.cors, list) {}
    const PreparedHeaders fields;
    const Cors cors;
  };

  void begin(Exchange& exchange);
  void start_trace(Exchange& exchange);
  void answer_refused(Exchange& exchange, Response refused);
  void identify_client(Request& request);
  std::size_t max_body_bytes(const Route& route) const;
  bool must_redirect(const Exchange& exchange) const;
  Response redirect_to_https(const Request& request) const;
  std::optional<Response> refuse(Exchange& exchange) const;
  void set_caching(const Match& match, Response& response) const;
  void set_common_fields(Exchange& exchange) const;
  void warn_of_untrusted_proxy(const Request& request);
  runtime::Task<Response> call_route(Exchange& exchange);
  runtime::Task<Response> admit_and_call(Exchange& exchange, std::size_t max_bytes);
  runtime::Task<std::optional<Refusal>> read_body(Exchange& exchange) const;
  void record(Exchange& exchange, int status);
  bool is_worth_telling(const Exchange& exchange, int status,
                        std::chrono::steady_clock::time_point now) const;
  void tell(Exchange& exchange, int status, std::chrono::steady_clock::time_point now);
  void keep_trace(Exchange& exchange, int status, telemetry::TraceKept why,
                  std::chrono::steady_clock::time_point now);

  const ServerConfig& config_;
  const ClientRules clients_;
  const PreparedHeaders never_store_{{"Cache-Control", "no-store"}};
  const PreparedHeaders revalidate_{{"Cache-Control", "no-cache"}};
  Router router_;
  Hooks& hooks_;
  const Clock& clock_;
  telemetry::Log& log_;
  ProxyWarnings& proxy_warnings_;
  Gate* const gate_;
  telemetry::Traces* const traces_;
  const bool records_;  // spans
  const bool samples_;  // traces, to export them
  Observer* const observer_;
  telemetry::RequestIdSource ids_;
  Metrics metrics_;
  RequestLog request_log_;
  ResponseCoder coder_{config_.coding, metrics_};
  const CommonFields common_{config_, common_fields(config_.policy)};
  const CommonFields secure_common_;
};

}  // namespace souk::http
