#include "http/metrics.h"

#include <fmt/format.h>

#include <utility>

#include "base/enum_names.h"

namespace souk::http {
namespace {

constexpr std::array kSpecs = {&kRequests,
                               &kRequestDuration,
                               &kRequestsInFlight,
                               &kOverStatementBudget,
                               &kProtocolErrors,
                               &kConnections,
                               &kConnectionsAccepted,
                               &kConnectionsRefused,
                               &kAcceptPauses,
                               &kTimeouts,
                               &kDrained,
                               &kCancelledRequests,
                               &kUnnamedClients,
                               &kUntrustedProxies,
                               &kReceivedBytes,
                               &kSentBytes};

}  // namespace

std::span<const telemetry::MetricSpec* const> metric_specs() { return kSpecs; }

// The cells of one route and method. A route answers with few different statuses, the usual one
// first: a list is searched faster than a map.
struct Metrics::Series {
  // `matched` may be null: no route answers.
  Series(telemetry::Registry& registry, Method requested, const Route* matched)
      : method(method_name(requested)),
        route(matched == nullptr ? kUnmatchedRoute : std::string_view(matched->path)),
        priority(matched == nullptr ? kUnmatchedPriority
                                    : name_of(kPriorityNames, matched->priority)),
        duration(registry.histogram(kRequestDuration, {method, route, priority})) {}

  std::string_view method;
  std::string_view route;
  std::string_view priority;
  telemetry::Histogram& duration;
  std::vector<std::pair<int, telemetry::Counter*>> requests;
  telemetry::Counter* over_budget = nullptr;
};

Metrics::Metrics(telemetry::Registry& registry, const Router& router)
    : in_flight(registry.gauge(kRequestsInFlight)),
      connections(registry.gauge(kConnections)),
      accepted(registry.counter(kConnectionsAccepted)),
      refused_total_limit(registry.counter(kConnectionsRefused, {"total"})),
      refused_address_limit(registry.counter(kConnectionsRefused, {"address"})),
      accept_pauses(registry.counter(kAcceptPauses)),
      header_timeouts(registry.counter(kTimeouts, {"header"})),
      body_timeouts(registry.counter(kTimeouts, {"body"})),
      idle_timeouts(registry.counter(kTimeouts, {"idle"})),
      write_timeouts(registry.counter(kTimeouts, {"write"})),
      drained_gracefully(registry.counter(kDrained, {"finished"})),
      drained_cut(registry.counter(kDrained, {"cut"})),
      cancelled_requests(registry.counter(kCancelledRequests)),
      unnamed_clients(registry.counter(kUnnamedClients)),
      untrusted_limited(registry.counter(kUntrustedProxies, {"limited"})),
      untrusted_unlimited(registry.counter(kUntrustedProxies, {"unlimited"})),
      received_bytes(registry.counter(kReceivedBytes)),
      sent_bytes(registry.counter(kSentBytes)),
      registry_(registry),
      router_(router),
      series_((router.routes().size() + 1) * kMethods) {}

Metrics::~Metrics() = default;

Metrics::Series& Metrics::series(Method method, const Match& match) {
  const auto routes = router_.routes().size();
  const auto route = match.route == nullptr ? routes : match.index;
  auto& slot = series_[route * kMethods + static_cast<std::size_t>(method)];
  if (!slot) {
    slot = std::make_unique<Series>(registry_, method, match.route);
  }
  return *slot;
}

void Metrics::record(Method method, const Match& match, int status,
                     std::chrono::steady_clock::duration elapsed) {
  auto& cells = series(method, match);
  cells.duration.observe(elapsed);
  for (const auto& [known, counter] : cells.requests) {
    if (known == status) return counter->increment();
  }
  auto& counter = registry_.counter(
      kRequests, {cells.method, cells.route, cells.priority, fmt::format_int(status).c_str()});
  cells.requests.emplace_back(status, &counter);
  counter.increment();
}

void Metrics::over_statement_budget(Method method, const Match& match) {
  auto& cells = series(method, match);
  if (cells.over_budget == nullptr) {
    cells.over_budget = &registry_.counter(kOverStatementBudget, {cells.method, cells.route});
  }
  cells.over_budget->increment();
}

void Metrics::protocol_error(int status) {
  auto& counter = protocol_errors_[status];
  if (counter == nullptr) {
    counter = &registry_.counter(kProtocolErrors, {fmt::format_int(status).c_str()});
  }
  counter->increment();
}

}  // namespace souk::http
