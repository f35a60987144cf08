#include "observe/panels.h"

#include <algorithm>
#include <iterator>

namespace souk::observe {
namespace {

using telemetry::Section;

constexpr std::string_view kRequests = "souk_http_requests_total";
constexpr std::string_view kLatency = "souk_http_request_duration_seconds";
constexpr std::string_view kStatements = "souk_db_statement_duration_seconds";
constexpr std::string_view kOrders = "souk_checkout_orders_total";
constexpr std::string_view kCpu = "process_cpu_seconds_total";
constexpr std::string_view kCost = "souk_cpu_cost_total";
constexpr std::string_view kVisits = "souk_statistics_visits_total";
constexpr std::string_view kHits = "souk_cache_hits_total";
constexpr std::string_view kMisses = "souk_cache_misses_total";
constexpr Where kOfClients{"priority", "!operator"};

constexpr Curve count(std::string_view title, std::string_view metric, Where where = {},
                      Where also = {}) {
  return {.title = title, .metric = metric, .where = {where, also}};
}
constexpr Curve percentile(std::string_view title, double quantile, std::string_view metric) {
  return {.title = title, .metric = metric, .quantile = quantile};
}
constexpr Curve value(std::string_view title, std::string_view metric, Nodes nodes = Nodes::kSum,
                      Where where = {}) {
  return {.title = title, .metric = metric, .where = {where}, .nodes = nodes};
}

// By which Web Vitals are judged.
constexpr double kOfVitals = 0.75;
constexpr Curve vital(std::string_view name) {
  return {.title = name,
          .metric = "souk_vitals_seconds",
          .where = {{{"vital", name}}},
          .quantile = kOfVitals};
}

// Of the visits whose mean response time is above one of these, and not above the next bound.
constexpr Curve conversion(std::string_view title, std::string_view slower_than_ms) {
  const Where group{"slower_than_ms", slower_than_ms};
  return {.title = title,
          .metric = kVisits,
          .where = {group, {"reached", "order"}},
          .share_of = {kVisits},
          .share_where = {group, {"reached", "visit"}}};
}

constexpr std::array kPanels = {
    Panel{"throughput",
          "Throughput",
          "Requests of clients that were answered, whatever the answer.",
          Unit::kPerSecond,
          {count("requests", kRequests, kOfClients)},
          {{{Section::kApi, "", "throughput"}}}},
    Panel{"latency",
          "Response time",
          "From the first byte of a request until its response is ready.",
          Unit::kSeconds,
          {percentile("p50", 0.5, kLatency), percentile("p90", 0.9, kLatency),
           percentile("p95", 0.95, kLatency), percentile("p99", 0.99, kLatency)},
          {{{Section::kApi, "", "p95"}, {Section::kApi, "", "p99"}}}},
    Panel{"satisfaction",
          "Satisfaction",
          "Apdex of clients' requests: the share answered within 50 ms, and half of that answered "
          "within 200 ms.",
          Unit::kShare,
          {Curve{.title = "Apdex",
                 .metric = kLatency,
                 .where = {kOfClients},
                 .apdex = telemetry::kSatisfied}}},
    Panel{
        "vitals",
        "Pages: Web Vitals",
        "p75 of what the storefront's pages report: the load event, the largest contentful paint.",
        Unit::kSeconds,
        {vital("load"), vital("lcp")}},
    Panel{"errors",
          "Error rate",
          "Share of clients' requests that failed: 5xx by the shop, 4xx by the client.",
          Unit::kShare,
          {Curve{.title = "5xx",
                 .metric = kRequests,
                 .where = {{{"status", "5*"}, kOfClients}},
                 .share_of = {kRequests}},
           Curve{.title = "4xx",
                 .metric = kRequests,
                 .where = {{{"status", "4*"}, kOfClients}},
                 .share_of = {kRequests}}},
          {{{Section::kApi, "", "error_rate"}}}},
    Panel{"database",
          "Database: statement time",
          "From the call of a statement to its answer, waits and retries included.",
          Unit::kSeconds,
          {percentile("p50", 0.5, kStatements), percentile("p95", 0.95, kStatements),
           percentile("p99", 0.99, kStatements)},
          {{{Section::kDatabase, "", "p95"}, {Section::kDatabase, "", "p99"}}}},
    Panel{"statements",
          "Database: statements",
          "Statements run and statements failed.",
          Unit::kPerSecond,
          {count("run", "souk_db_statements_total"),
           count("failed", "souk_db_statement_errors_total")}},
    Panel{"cache_ratio",
          "Cache: share of hits",
          "Share of lookups answered from memory or Redis.",
          Unit::kShare,
          {Curve{.title = "hits", .metric = kHits, .share_of = {kHits, kMisses}}},
          {{{Section::kCache, "", "hit_ratio"}}}},
    Panel{"cache",
          "Cache: hits and misses",
          "Lookups answered from the node's memory, from Redis, and by neither.",
          Unit::kPerSecond,
          {count("memory", kHits, {"level", "memory"}), count("Redis", kHits, {"level", "redis"}),
           count("misses", kMisses)}},
    Panel{"freshness",
          "Cache: freshness",
          "Share of current entries among the last 1,000 that the prober compared with the "
          "database; the worst node.",
          Unit::kShare,
          {value("current", "souk_cache_consistency_ratio", Nodes::kLeast)},
          {{{Section::kState, "", "cache_consistency"}}}},
    Panel{"resources",
          "CPU and memory",
          "Share of what is allotted to a node that it uses; the busiest node.",
          Unit::kShare,
          {Curve{.title = "CPU",
                 .metric = kCpu,
                 .share_of = {"souk_allotted_cores"},
                 .nodes = Nodes::kMost},
           Curve{.title = "memory",
                 .metric = "process_resident_memory_bytes",
                 .share_of = {"souk_allotted_memory_bytes"},
                 .nodes = Nodes::kMost}},
          {{{Section::kResources, "", "cpu"}, {Section::kResources, "", "memory"}}}},
    Panel{"memory",
          "Memory",
          "Resident memory of the nodes, and the part of it that caches entries.",
          Unit::kBytes,
          {value("resident", "process_resident_memory_bytes"), value("cache", "souk_cache_bytes")}},
    Panel{
        "cost",
        "Cost: CPU time",
        "CPU time of the nodes, work in the background included, for each request of a client and "
        "for each order, refused ones included.",
        Unit::kSeconds,
        {Curve{
             .title = "a request", .metric = kCpu, .where = {kOfClients}, .share_of = {kRequests}},
         Curve{.title = "an order", .metric = kCpu, .share_of = {kOrders}}}},
    Panel{"money",
          "Cost: money",
          "Price of the CPU time of the nodes (telemetry.core_hour_price), work in the background "
          "included, for 1,000 requests of clients and for each order, refused ones included.",
          Unit::kMoney,
          {Curve{.title = "1,000 requests",
                 .metric = kCost,
                 .where = {kOfClients},
                 .share_of = {kRequests},
                 .times = 1'000},
           Curve{.title = "an order", .metric = kCost, .share_of = {kOrders}}}},
    Panel{"traffic",
          "Cost: bytes",
          "Bytes sent and received for each request of a client.",
          Unit::kBytes,
          {Curve{.title = "sent",
                 .metric = "souk_http_sent_bytes_total",
                 .where = {kOfClients},
                 .share_of = {kRequests}},
           Curve{.title = "received",
                 .metric = "souk_http_received_bytes_total",
                 .where = {kOfClients},
                 .share_of = {kRequests}}}},
    Panel{"connections",
          "Connections",
          "Open connections of clients, and connections to the database by state.",
          Unit::kCount,
          {value("clients", "souk_http_connections"),
           value("database, used", "souk_db_connections", Nodes::kSum, {"state", "used"}),
           value("database, idle", "souk_db_connections", Nodes::kSum, {"state", "idle"})}},
    Panel{"queues",
          "Queue lengths",
          "Requests in handlers, orders waiting for their transaction, callers waiting for a "
          "connection, jobs claimed and not begun.",
          Unit::kCount,
          {value("requests", "souk_http_requests_in_flight"),
           value("orders", "souk_checkout_waiting_orders"),
           value("for a connection", "souk_db_waiting"), value("jobs", "souk_jobs_queued")}},
    Panel{"waits",
          "Time in queues",
          "p99 of the wait of an order for its transaction, and of a caller for a connection.",
          Unit::kSeconds,
          {percentile("orders", 0.99, "souk_checkout_queue_time_seconds"),
           percentile("for a connection", 0.99, "souk_db_connection_wait_seconds")},
          {{{Section::kQueue, "orders", "p99"}, {Section::kQueue, "connections", "p99"}}}},
    Panel{"orders",
          "Orders",
          "Orders placed, and orders refused because the stock did not suffice.",
          Unit::kPerMinute,
          {count("placed", kOrders, {"outcome", "placed"}),
           count("stock conflicts", kOrders, {"outcome", "out_of_stock"})}},
    Panel{"conversion",
          "Conversion by response time",
          "Share with an order of the visits that ended, by the mean response time of their reads.",
          Unit::kShare,
          {conversion("up to 50 ms", "0|5|10|20"), conversion("up to 200 ms", "50|100"),
           conversion("up to 500 ms", "200|300|400"), conversion("above 500 ms", "500|1000|2500")}},
    Panel{"jobs",
          "Jobs",
          "Jobs in the outbox, and dead letters.",
          Unit::kCount,
          {value("outbox", "souk_jobs_depth", Nodes::kMost),
           value("dead letters", "souk_jobs_dead_letters", Nodes::kMost)},
          {{{Section::kState, "", "outbox"}}}},
    Panel{"oldest_job",
          "Oldest job",
          "Age of the oldest job in the outbox.",
          Unit::kSeconds,
          {value("age", "souk_jobs_oldest_age_seconds", Nodes::kMost)},
          {{{Section::kState, "", "oldest_job"}}}},
    Panel{"webhooks",
          "Webhooks",
          "Deliveries attempted, by outcome.",
          Unit::kPerMinute,
          {count("delivered", "souk_webhooks_deliveries_total", {"outcome", "delivered"}),
           count("refused", "souk_webhooks_deliveries_total", {"outcome", "refused"}),
           count("unreachable", "souk_webhooks_deliveries_total", {"outcome", "unreachable"}),
           count("circuit open", "souk_webhooks_deliveries_total", {"outcome", "breaker_open"})}},
    Panel{"shedding",
          "Refused requests",
          "Requests shed because a queue was too long, and requests above a client's quota.",
          Unit::kPerSecond,
          {count("shed", "souk_admission_shed_total"),
           count("rate limited", "souk_admission_rate_limited_total")}},
};

}  // namespace

telemetry::Objective Curve::measure() const {
  telemetry::Objective measured{.name = std::string(title), .metric = std::string(metric)};
  for (const auto& [label, value] : where) {
    if (!label.empty()) measured.where.emplace(label, value);
  }
  if (quantile > 0) measured.quantile = quantile;
  if (apdex > 0) measured.apdex = apdex;
  for (const auto part : share_of) {
    if (!part.empty()) measured.share_of.emplace_back(part);
  }
  return measured;
}

telemetry::Objective::Labels Curve::labels_of_whole() const {
  telemetry::Objective::Labels labels;
  for (const auto& [label, value] : share_where) {
    if (!label.empty()) labels.emplace(label, value);
  }
  return labels;
}

std::span<const Curve> Panel::all_curves() const {
  const auto end = std::ranges::find(curves, std::string_view(), &Curve::title);
  return {curves.begin(), end};
}

std::span<const Limit> Panel::all_limits() const {
  const auto end = std::ranges::find(limits, std::string_view(), &Limit::name);
  return {limits.begin(), end};
}

double Panel::factor(const Curve& curve) const {
  constexpr double kSecondsOfAMinute = 60;
  return curve.times * (unit == Unit::kPerMinute ? kSecondsOfAMinute : 1);
}

std::span<const Panel> panels() { return kPanels; }

std::vector<Panel> panels_without_money() {
  std::vector<Panel> shown;
  std::ranges::copy_if(kPanels, std::back_inserter(shown),
                       [](const Panel& panel) { return panel.unit != Unit::kMoney; });
  return shown;
}

}  // namespace souk::observe
