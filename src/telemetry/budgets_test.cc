#include "telemetry/budgets.h"

#include <gtest/gtest.h>

namespace souk::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGood = R"(
[api]
p95 = "200ms"
p99 = "500ms"
min_throughput_per_second = 1000
max_error_rate = 0.01
[api.endpoints."POST /api/orders"]
p95 = "150ms"
p99 = "1s"
[database]
p95 = "50ms"
p99 = "100ms"
[cache]
min_hit_ratio = 0.85
[resources]
max_memory = 0.8
max_cpu = 0.7
[service]
min_availability = 0.999
)";

std::string with(std::string_view what, std::string_view instead) {
  std::string text(kGood);
  return text.replace(text.find(what), what.size(), instead);
}

std::string error_of(const std::string& text) {
  const auto budgets = parse_budgets(text, "budgets.toml");
  return budgets ? "" : budgets.error();
}

TEST(Budgets, TheProjectsFileHoldsTheNumbersOfTheRfc) {
  const auto budgets = load_budgets(SOUK_BUDGETS_FILE);
  ASSERT_TRUE(budgets) << budgets.error();
  EXPECT_EQ(budgets->api.latency.p95, 200ms);
  EXPECT_EQ(budgets->api.latency.p99, 500ms);
  EXPECT_EQ(budgets->api.min_throughput_per_second, 1'000);
  EXPECT_EQ(budgets->api.max_error_rate, 0.01);
  EXPECT_EQ(budgets->database.latency.p95, 50ms);
  EXPECT_EQ(budgets->database.latency.p99, 100ms);
  EXPECT_EQ(budgets->cache.min_hit_ratio, 0.85);
  EXPECT_EQ(budgets->resources.max_memory, 0.8);
  EXPECT_EQ(budgets->resources.max_cpu, 0.7);
  EXPECT_EQ(budgets->service.min_availability, 0.999);
}

TEST(Budgets, AnEndpointMayHaveTimesOfItsOwn) {
  const auto budgets = parse_budgets(kGood, "budgets.toml");
  ASSERT_TRUE(budgets) << budgets.error();
  EXPECT_EQ(budgets->latency_of("POST /api/orders").p95, 150ms);
  EXPECT_EQ(budgets->latency_of("POST /api/orders").p99, 1s);
  EXPECT_EQ(budgets->latency_of("GET /api/products").p95, 200ms);
}

TEST(Budgets, WhatIsUnknownIsNamed) {
  EXPECT_EQ(error_of(with("[cache]", "[cache]\nttl = 3")),
            "budgets.toml: unknown key \"cache.ttl\"");
  EXPECT_EQ(error_of(with("[cache]", "[storage]\nx = 1\n[cache]")),
            "budgets.toml: unknown key \"storage\"");
  EXPECT_EQ(error_of(with("p99 = \"1s\"", "p99 = \"1s\"\np50 = \"1s\"")),
            "budgets.toml: unknown key \"api.endpoints.POST /api/orders.p50\"");
}

TEST(Budgets, WhatIsMissingIsNamed) {
  EXPECT_EQ(error_of(with("min_hit_ratio = 0.85", "")),
            "budgets.toml: \"cache.min_hit_ratio\" is missing; it must be a number from 0 to 1");
  EXPECT_EQ(error_of(with("[service]\nmin_availability = 0.999", "")),
            "budgets.toml: \"service\" is missing; it must be a table");
}

TEST(Budgets, ABadValueIsNamedWithWhatIsExpected) {
  EXPECT_EQ(error_of(with("\"200ms\"", "200")),
            "budgets.toml: \"api.p95\" has a bad value; it must be a duration above zero such as "
            "\"200ms\"");
  EXPECT_EQ(error_of(with("0.85", "85")),
            "budgets.toml: \"cache.min_hit_ratio\" has a bad value; it must be a number from 0 to "
            "1");
  EXPECT_EQ(error_of(with("\"500ms\"", "\"100ms\"")),
            "budgets.toml: \"api.p99\" has a bad value; it must be a duration not below p95");
  EXPECT_TRUE(error_of("[api\n").starts_with("budgets.toml:1: ")) << error_of("[api\n");
}

TEST(Budgets, AFileThatCannotBeReadIsAnError) {
  const auto budgets = load_budgets("/nonexistent/budgets.toml");
  ASSERT_FALSE(budgets);
  EXPECT_EQ(budgets.error(), "cannot read /nonexistent/budgets.toml: No such file or directory");
}

}  // namespace
}  // namespace souk::telemetry
