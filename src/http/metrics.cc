#include "http/metrics.h"

#include <fmt/format.h>

#include <utility>

#include "base/enum_names.h"

namespace souk::http {

// The cells of one route and method. A route answers with few different statuses, the usual one
// first: a list is searched faster than a map.
struct Metrics::Series {
  // `matched` may be null: no route answers.
  Series(telemetry::Registry& registry, Method requested, const Route* matched)
      : method(method_name(requested)),
        route(matched == nullptr ? kUnmatchedRoute : std::string_view(matched->path)),
        priority(matched == nullptr ? kUnmatchedPriority
                                    : name_of(kPriorityNames, matched->priority)),
        duration(registry.cell(kMetrics.request_duration, {method, route, priority})) {}

  std::string_view method;
  std::string_view route;
  std::string_view priority;
  telemetry::Histogram& duration;
  std::vector<std::pair<int, telemetry::Counter*>> requests;
  telemetry::Counter* over_budget = nullptr;
};

Metrics::Metrics(telemetry::Registry& borrowed, const Router& router)
    : registry(borrowed), router_(router), series_((router.routes().size() + 1) * kMethods) {}

Metrics::~Metrics() = default;

Metrics::Series& Metrics::series(Method method, const Match& match) {
  const auto routes = router_.routes().size();
  const auto route = match.route == nullptr ? routes : match.index;
  auto& slot = series_[route * kMethods + static_cast<std::size_t>(method)];
  if (!slot) {
    slot = std::make_unique<Series>(registry, method, match.route);
  }
  return *slot;
}

void Metrics::record(Method method, const Match& match, int status,
                     std::chrono::steady_clock::duration elapsed) {
  series(method, match).duration.observe(elapsed);
  count(method, match, status);
}

void Metrics::exemplify(Method method, const Match& match, const telemetry::Exemplar& exemplar) {
  series(method, match).duration.exemplify(exemplar);
}

void Metrics::count(Method method, const Match& match, int status) {
  auto& cells = series(method, match);
  for (const auto& [known, counter] : cells.requests) {
    if (known == status) return counter->increment();
  }
  auto& counter = registry.cell(kMetrics.requests, {cells.method, cells.route, cells.priority,
                                                    fmt::format_int(status).c_str()});
  cells.requests.emplace_back(status, &counter);
  counter.increment();
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
