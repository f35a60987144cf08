#include "observe/alerts.h"

#include <fmt/format.h>

#include <utility>

namespace souk::observe {
namespace {

using telemetry::Section;

constexpr Command shell(std::string_view line) { return {Command::Kind::kShell, line}; }
constexpr Command metrics(std::string_view regex) { return {Command::Kind::kMetrics, regex}; }
constexpr Command sql(std::string_view statement) { return {Command::Kind::kSql, statement}; }
constexpr Command query(std::string_view promql) { return {Command::Kind::kQuery, promql}; }

constexpr Command kReadiness = shell("curl -s $OPERATOR_URL/readyz");
constexpr Command kStatements =
    sql("SELECT pid, pg_blocking_pids(pid), wait_event_type, now() - query_start AS time, "
        "left(query, 60) FROM pg_stat_activity WHERE state <> 'idle' ORDER BY time DESC");
constexpr Command kQueues =
    metrics("souk_(admission_delay_seconds|db_waiting|offload_waiting|http_requests_in_flight)");
constexpr Command kJobs = metrics("souk_jobs_[a-z_]*(failures|lost|flight|queued|age|letters)");
constexpr Command kBusyRoutes =
    query("topk(5, sum by (route) (rate(souk_http_requests_total[5m])))");
constexpr Command kFailingRoutes =
    query(R"(topk(5, sum by (route, status) (rate(souk_http_requests_total{status=~"5.."}[5m]))))");

constexpr std::array kAlerts = {
    Alert{"high_response_time",
          Broken{Section::kApi, "", "p95"},
          "Responses are slow (p95)",
          "One request of twenty, or more, takes longer than promised.",
          {query("topk(5, histogram_quantile(0.95, sum by (route, le) "
                 "(rate(souk_http_request_duration_seconds_bucket[5m]))))"),
           kQueues, kStatements}},
    Alert{"high_error_rate",
          Broken{Section::kApi, "", "error_rate"},
          "Requests fail with 5xx",
          "Pages do not load and orders are not accepted; placed orders are safe.",
          {kFailingRoutes, kReadiness, metrics("souk_log_events_total")}},
    Alert{"database_slow_queries",
          Broken{Section::kDatabase, "", "p95"},
          "Statements are slow (p95, waits included)",
          "What the cache cannot answer is slow: searches, carts, orders.",
          {query("topk(5, histogram_quantile(0.95, sum by (statement, le) "
                 "(rate(souk_db_statement_duration_seconds_bucket[5m]))))"),
           kStatements, metrics("souk_db_(waiting|connections)")}},
    Alert{"low_cache_hit_ratio",
          Broken{Section::kCache, "", "hit_ratio"},
          "Few reads are answered from the cache",
          "Nothing yet: the database answers more reads than usual, and will be slow at peaks.",
          {query("topk(5, sum by (kind) (rate(souk_cache_misses_total[5m])))"),
           metrics("souk_cache_(bytes|max_bytes|entries|evictions_total|flushes_total)"),
           shell(R"(redis-cli -u "$REDIS_URL" info memory)")}},
    Alert{"stale_cache",
          Broken{Section::kState, "", "cache_consistency"},
          "Cached entries differ from the database",
          "Some see old prices or descriptions. Orders are checked in the database and are right.",
          {metrics("souk_cache_(probes_total|exchange_failures_total|confirmed_age_seconds)"),
           kStatements, shell("souk cache show categories")}},
    Alert{"orders_waiting",
          Broken{Section::kQueue, "orders", "p99"},
          "Orders wait for their transaction (p99)",
          "Buying is slow, and fails with 503 where the wait gets too long.",
          {metrics("souk_checkout_(waiting_orders|orders_total)"), kStatements, kQueues}},
    Alert{"old_jobs",
          Broken{Section::kState, "", "oldest_job"},
          "Jobs wait long in the outbox",
          "Confirmations, webhooks and statistics of orders are late; none is lost.",
          {shell("souk jobs list"), kJobs, kStatements}},
    Alert{"dead_letters",
          Broken{Section::kState, "", "dead_letters"},
          "Jobs failed too often and are not retried",
          "A confirmation or a webhook of an order is missing until the job is replayed.",
          {shell("souk jobs dead"), shell("souk jobs list"), metrics("souk_jobs_attempts_total")}},
    Alert{"outbox_growth",
          Broken{Section::kState, "", "outbox", true},
          "The outbox grows",
          "Confirmations, webhooks and statistics of orders get later and later.",
          {shell("souk jobs list"), kJobs, kBusyRoutes}},
    Alert{"open_circuits",
          Broken{Section::kState, "", "open_circuits"},
          "Webhook endpoints do not answer",
          "Customers notice nothing; the systems behind these endpoints do not learn of orders.",
          {sql("SELECT id, url, failing_since FROM webhook_endpoints "
               "WHERE failing_since IS NOT NULL"),
           metrics("souk_webhooks_"), shell("souk jobs list")}},
    Alert{"high_memory",
          Broken{Section::kResources, "", "memory"},
          "Much of the allotted memory is used",
          "Nothing yet; beyond the limit the kernel ends the process, and its requests fail.",
          {metrics("(process_resident|souk_allotted)_memory_bytes|souk_(cache|buffers_kept)_bytes"),
           metrics("souk_http3?_connections "),
           shell("souk config | grep -E 'max_memory|max_connections'")}},
    Alert{"high_cpu",
          Broken{Section::kResources, "", "cpu"},
          "Much of the allotted CPU time is used",
          "Nothing yet; at the next peak requests wait, and the least important are refused.",
          {kBusyRoutes, metrics("souk_admission_(level|shed_total)"),
           shell("top -b -n 1 | head -15")}},
    Alert{"database_away",
          Broken{Section::kState, "", "database_ready"},
          "The database is away, or refuses writes",
          "No orders. Cached pages are still shown.",
          {kReadiness, shell(R"(pg_isready -d "$DATABASE_URL")"),
           sql("SELECT pg_is_in_recovery(), count(*) FROM pg_stat_activity")}},
    Alert{"redis_away",
          Broken{Section::kState, "", "redis_connections"},
          "Redis is away",
          "Nothing yet: each node caches and limits by itself, and the database has more to do.",
          {shell(R"(redis-cli -u "$REDIS_URL" ping)"), metrics("souk_redis_"),
           shell(R"(redis-cli -u "$REDIS_URL" info clients)")}},
    Alert{"error_budget_burn",
          ErrorBudgetBurnt{},
          "Requests fail too often for the month's objective",
          "Some requests fail; if it stays so, more than promised over the month.",
          {kFailingRoutes, kReadiness, metrics("souk_log_events_total")}},
    Alert{"node_down",
          Unreachable{},
          "A node does not answer",
          "The other nodes serve; with a single node, the shop is closed.",
          {kReadiness, shell("pgrep -fa 'souk (up|serve)'"), shell("souk config")}},
};

}  // namespace

std::string Command::line() const {
  switch (kind) {
    case Kind::kShell:
      return std::string(text);
    case Kind::kMetrics:
      return fmt::format("curl -s $OPERATOR_URL/metrics | grep -E '^({})'", text);
    case Kind::kSql:
      return fmt::format(R"(psql "$DATABASE_URL" -c "{}")", text);
    case Kind::kQuery:
      return fmt::format("promtool query instant $PROMETHEUS_URL '{}'", text);
  }
  std::unreachable();
}

std::span<const Alert> alerts() { return kAlerts; }

}  // namespace souk::observe
