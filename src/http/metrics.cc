#include "http/metrics.h"

#include <fmt/format.h>

#include <utility>

#include "base/enum_names.h"

namespace souk::http {

Metrics::Series::Series(telemetry::Registry& registry, Method requested, const Route* matched)
    : method(method_name(requested)),
      route(matched == nullptr ? kUnmatchedRoute : std::string_view(matched->path)),
      priority(matched == nullptr ? kUnmatchedPriority
                                  : name_of(kPriorityNames, matched->priority)),
      duration(registry.cell(kMetrics.request_duration, {method, route, priority})) {}

telemetry::Counter& Metrics::Series::find_or_make(telemetry::Registry& from, int status) {
  if (auto* const known = find(status)) return *known;
  auto& counter =
      from.cell(kMetrics.requests, {method, route, priority, fmt::format_int(status).c_str()});
  requests.emplace_back(status, &counter);
  return counter;
}

Metrics::Metrics(telemetry::Registry& borrowed, const Router& router)
    : registry(borrowed), series_((router.routes().size() + 1) * kMethods) {}

Metrics::~Metrics() = default;

Metrics::Series& Metrics::series(Method method, const Match& match) {
  auto& slot = this->slot(method, match);
  if (!slot) slot = std::make_unique<Series>(registry, method, match.route);
  return *slot;
}

// Of its status.
[[gnu::noinline]] void Metrics::record_first(Method method, const Match& match, int status,
                                             std::chrono::steady_clock::duration elapsed) {
  auto& cells = series(method, match);
  cells.duration.observe(elapsed);
  cells.find_or_make(registry, status).increment();
}

void Metrics::exemplify(Method method, const Match& match, const telemetry::Exemplar& exemplar) {
  series(method, match).duration.exemplify(exemplar);
}

void Metrics::count(Method method, const Match& match, int status) {
  series(method, match).find_or_make(registry, status).increment();
}

void Metrics::over_statement_budget(Method method, const Match& match) {
  auto& cells = series(method, match);
  if (cells.over_budget == nullptr) {
    cells.over_budget = &registry.cell(kMetrics.over_statement_budget, {cells.method, cells.route});
  }
  cells.over_budget->increment();
}

void Metrics::protocol_error(int status) {
  auto& counter = protocol_errors_[status];
  if (counter == nullptr) {
    counter = &registry.cell(kMetrics.protocol_errors, {fmt::format_int(status).c_str()});
  }
  counter->increment();
}

void Metrics::tls_handshake(std::string_view version, bool resumed) {
  auto& counter = tls_handshakes_[{version, resumed}];  // versions are static text
  if (counter == nullptr) {
    counter = &registry.cell(kMetrics.tls_handshakes, {version, resumed ? "yes" : "no"});
  }
  counter->increment();
}

}  // namespace souk::http
