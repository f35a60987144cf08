// The metrics that the project's budgets.toml refers to, as the modules above the load tester
// declare them; app_test compares the file with the real ones.
#pragma once

#include <vector>

#include "telemetry/metrics.h"

namespace souk::loadtest::test {

inline std::vector<const telemetry::MetricSpec*> budget_metrics() {
  using enum telemetry::MetricType;
  using telemetry::MetricSpec;
  static constexpr std::array kSpecs = {
      MetricSpec{.name = "souk_http_request_duration_seconds", .help = {}, .type = kHistogram},
      MetricSpec{.name = "souk_http_requests_total",
                 .help = {},
                 .type = kCounter,
                 .labels = {"status", "priority"}},
      MetricSpec{.name = "souk_db_statement_duration_seconds",
                 .help = {},
                 .type = kHistogram,
                 .labels = {"statement"}},
      MetricSpec{.name = "souk_db_connection_wait_seconds", .help = {}, .type = kHistogram},
      MetricSpec{.name = "souk_checkout_queue_time_seconds", .help = {}, .type = kHistogram},
      MetricSpec{.name = "souk_cache_hits_total", .help = {}, .type = kCounter},
      MetricSpec{.name = "souk_cache_misses_total", .help = {}, .type = kCounter},
      MetricSpec{.name = "process_resident_memory_bytes", .help = {}, .type = kGauge},
      MetricSpec{.name = "souk_allotted_memory_bytes", .help = {}, .type = kGauge},
      MetricSpec{.name = "process_cpu_seconds_total", .help = {}, .type = kCounter},
      MetricSpec{.name = "souk_allotted_cores", .help = {}, .type = kGauge},
      MetricSpec{.name = "souk_database_ready", .help = {}, .type = kGauge},
      MetricSpec{.name = "souk_redis_connected", .help = {}, .type = kGauge},
      MetricSpec{.name = "souk_cache_consistency_ratio", .help = {}, .type = kGauge},
      MetricSpec{.name = "souk_jobs_oldest_age_seconds", .help = {}, .type = kGauge},
      MetricSpec{.name = "souk_jobs_dead_letters", .help = {}, .type = kGauge},
      MetricSpec{.name = "souk_jobs_depth", .help = {}, .type = kGauge},
      MetricSpec{.name = "souk_webhooks_breakers_open", .help = {}, .type = kGauge},
  };
  std::vector<const MetricSpec*> specs;
  for (const auto& spec : kSpecs) specs.push_back(&spec);
  return specs;
}

}  // namespace souk::loadtest::test
