#include "loadtest/server_view.h"

#include <gtest/gtest.h>

#include <cmath>

namespace souk::loadtest {
namespace {

const std::vector<std::string> kEndpoints = {"GET /api/products", "GET /api/products/{id}",
                                             "POST /api/orders"};

constexpr std::string_view kBefore = R"(# HELP souk_db_statement_duration_seconds Time.
# TYPE souk_db_statement_duration_seconds histogram
souk_db_statement_duration_seconds_bucket{statement="a",le="0.01"} 10
souk_db_statement_duration_seconds_bucket{statement="a",le="0.05"} 10
souk_db_statement_duration_seconds_bucket{statement="a",le="+Inf"} 10
process_cpu_seconds_total 1.5
)";

constexpr std::string_view kAfter = R"(
souk_db_statement_duration_seconds_bucket{statement="a",le="0.01"} 60
souk_db_statement_duration_seconds_bucket{statement="a",le="0.05"} 110
souk_db_statement_duration_seconds_bucket{statement="a",le="+Inf"} 110
souk_db_statement_duration_seconds_bucket{statement="b \"new\"",le="0.01"} 94
souk_db_statement_duration_seconds_bucket{statement="b \"new\"",le="0.05"} 98
souk_db_statement_duration_seconds_bucket{statement="b \"new\"",le="+Inf"} 100
souk_http_request_duration_seconds_bucket{method="GET",route="/api/products",le="0.01"} 7
souk_http_request_duration_seconds_bucket{method="GET",route="/api/products",le="+Inf"} 7
souk_http_request_duration_seconds_bucket{method="GET",route="/api/products/{id}",le="+Inf"} 1
process_cpu_seconds_total 4
process_resident_memory_bytes 1e+08
souk_cache_hits_total{level="memory"} 80
souk_cache_hits_total{level="redis"} 10
souk_cache_misses_total 10
not a sample
)";

TEST(ServerView, CountsWhatCameBetweenTheScrapes) {
  const auto view = server_view(kEndpoints, Scrape(kBefore), Scrape(kAfter));
  ASSERT_TRUE(view.statements.has_value());
  EXPECT_EQ(view.statements->count, 200);
  // 144 of 200 took at most 10 ms and 198 at most 50 ms.
  EXPECT_EQ(view.statements->p95, 0.05);
  EXPECT_EQ(view.statements->p99, 0.05);
  EXPECT_DOUBLE_EQ(view.cpu_seconds.value(), 2.5);
  EXPECT_DOUBLE_EQ(view.resident_bytes.value(), 1e8);
  EXPECT_DOUBLE_EQ(view.cache_hit_ratio.value(), 0.9);
}

TEST(ServerView, TellsRoutesApart) {
  const auto view = server_view(kEndpoints, Scrape(""), Scrape(kAfter));
  EXPECT_EQ(view.endpoints[0].value().count, 7);
  EXPECT_TRUE(std::isinf(view.endpoints[1].value().p95)) << "beyond the last bound";
  EXPECT_FALSE(view.endpoints[2].has_value());
}

TEST(ServerView, WhatAnObjectiveExcludesCountsNowhere) {
  const Scrape after(R"(
souk_http_requests_total{priority="browse",status="200"} 90
souk_http_requests_total{priority="browse",status="500"} 10
souk_http_requests_total{priority="operator",status="503"} 900
)");
  const telemetry::Objective failed{.metric = "souk_http_requests_total",
                                    .where = {{"priority", "!operator"}, {"status", "5*"}},
                                    .share_of = {"souk_http_requests_total"}};
  EXPECT_DOUBLE_EQ(measure(failed, Scrape(""), after, std::chrono::seconds(1)).value(), 0.1);
}

TEST(ServerView, WhatIsNotThereWasNotMeasured) {
  const auto view = server_view(kEndpoints, Scrape(kAfter), Scrape(kAfter));
  EXPECT_FALSE(view.statements.has_value()) << "nothing happened";
  const auto none =
      server_view(kEndpoints, Scrape(""), Scrape("souk_db_statement_duration_seconds_bucket{le="));
  EXPECT_FALSE(none.statements.has_value());
  EXPECT_FALSE(none.cpu_seconds.has_value());
  EXPECT_FALSE(none.cache_hit_ratio.has_value());
}

}  // namespace
}  // namespace souk::loadtest
