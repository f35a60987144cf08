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

  // Null before the first of its status.
  telemetry::Counter* find(int status) const {
    for (const auto& [known, counter] : requests) {
      if (known == status) return counter;
    }
    return nullptr;
  }
  telemetry::Counter& find_or_make(telemetry::Registry& from, int status) {
    if (auto* const known = find(status)) return *known;
    auto& counter =
        from.cell(kMetrics.requests, {method, route, priority, fmt::format_int(status).c_str()});
    requests.emplace_back(status, &counter);
    return counter;
  }

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

inline std::unique_ptr<Metrics::Series>& Metrics::slot(Method method, const Match& match) {
  const auto route = match.route == nullptr ? router_.routes().size() : match.index;
  return series_[route * kMethods + static_cast<std::size_t>(method)];
}

Metrics::Series& Metrics::series(Method method, const Match& match) {
  auto& slot = this->slot(method, match);
  if (!slot) slot = std::make_unique<Series>(registry, method, match.route);
  return *slot;
}

// What each request runs calls nothing that returns to it, so that no register is saved.
void Metrics::record(Method method, const Match& match, int status,
                     std::chrono::steady_clock::duration elapsed) {
  auto* const cells = slot(method, match).get();
  auto* const requests = cells == nullptr ? nullptr : cells->find(status);
  if (requests == nullptr) [[unlikely]]
    return record_first(method, match, status, elapsed);
  cells->duration.observe(elapsed);
  requests->increment();
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
