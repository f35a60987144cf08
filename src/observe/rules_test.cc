#include "observe/rules.h"

#include <gtest/gtest.h>

#include <array>

#include "observe/alerts.h"

namespace souk::observe {
namespace {

using telemetry::Budgets;
using telemetry::Objective;
using telemetry::Section;

// A budget with an objective for each alert.
std::vector<Objective> objectives() {
  std::vector<Objective> all;
  for (const auto& alert : alerts()) {
    if (const auto* broken = std::get_if<Broken>(&alert.condition)) {
      all.push_back({.section = broken->section,
                     .subject = std::string(broken->subject),
                     .name = std::string(broken->name),
                     .metric = "souk_x",
                     .threshold = 3,
                     .window = std::chrono::minutes(2),
                     .alert_after = std::chrono::minutes(10)});
    }
  }
  all.push_back({.section = Section::kAvailability,
                 .name = "failed",
                 .metric = "souk_requests_total",
                 .where = {{"status", "5*"}, {"priority", "!operator"}},
                 .share_of = {"souk_requests_total"},
                 .threshold = 0.001});
  return all;
}

TEST(Rules, AnObjectiveWithAForNeedsAnAlertAndAnAlertSuchAnObjective) {
  EXPECT_TRUE(prometheus_rules(Budgets(objectives())));
  auto more = objectives();
  more.push_back({.section = Section::kApi,
                  .name = "p50",
                  .metric = "souk_x",
                  .alert_after = std::chrono::minutes(1)});
  EXPECT_EQ(prometheus_rules(Budgets(more)).error(),
            "api p50 has a \"for\", but src/observe/alerts.cc has no alert for it");
  auto without = objectives();
  without.front().alert_after.reset();
  EXPECT_EQ(prometheus_rules(Budgets(without)).error(),
            "the alert high_response_time has no objective with a \"for\"");
}

TEST(Rules, AScaleShortensEachWindowAndIntervalButNoThreshold) {
  const auto rules = prometheus_rules(Budgets(objectives()), {0.05}).value();
  EXPECT_TRUE(rules.contains("interval: 750ms")) << rules;
  EXPECT_TRUE(rules.contains("avg_over_time(souk_x[6s])")) << rules;
  EXPECT_TRUE(rules.contains("souk:api_p95 > 3\n        for: 30s")) << rules;
  EXPECT_TRUE(rules.contains("[3m]")) << rules;  // an hour, of a burn rate
  EXPECT_FALSE(rules.contains("[1h]")) << rules;
}

TEST(Expressions, OnlyCountersAreForTheWholeShop) {
  const Objective counter{.name = "x", .metric = "souk_x_total"};
  EXPECT_EQ(record_expression(counter, "5m"), "sum by (job) (rate(souk_x_total[5m]))");
  const Objective gauge{.name = "x", .metric = "souk_x"};
  EXPECT_EQ(record_expression(gauge, "5m"), "sum by (job, instance) (avg_over_time(souk_x[5m]))");
  const Objective cores{.name = "x", .metric = "souk_x_total", .share_of = {"souk_cores"}};
  EXPECT_EQ(record_expression(cores, "5m"),
            "sum by (job, instance) (rate(souk_x_total[5m]))\n"
            "/ (sum by (job, instance) (avg_over_time(souk_cores[5m])) > 0)");
}

TEST(Expressions, WhatIsExcludedIsExcludedFromTheWholeToo) {
  EXPECT_EQ(record_expression(objectives().back(), "1h"),
            "(sum by (job) (rate(souk_requests_total{priority!=\"operator\", "
            "status=~\"5.*\"}[1h]))\n"
            "  or 0 * sum by (job) (rate(souk_requests_total{priority!=\"operator\"}[1h])))\n"
            "/ (sum by (job) (rate(souk_requests_total{priority!=\"operator\"}[1h])) > 0)");
}

TEST(Expressions, TheWholeMayHaveLabelsOfItsOwnAndALabelSeveralValues) {
  const Objective conversion{.name = "x",
                             .metric = "souk_x_total",
                             .where = {{"slower", "50|1.5*"}, {"reached", "order"}},
                             .share_of = {"souk_x_total"}};
  EXPECT_EQ(record_expression(conversion, "5m", {{"slower", "50|1.5*"}, {"reached", "visit"}}),
            R"((sum by (job) (rate(souk_x_total{reached="order", slower=~"50|1\\.5.*"}[5m]))
  or 0 * sum by (job) (rate(souk_x_total{reached="visit", slower=~"50|1\\.5.*"}[5m])))
/ (sum by (job) (rate(souk_x_total{reached="visit", slower=~"50|1\\.5.*"}[5m])) > 0))");
}

// Or else a shop that knows no price would cost nothing.
TEST(Expressions, WhatIsNotCountedHasNoShareRatherThanNone) {
  const Objective cost{.name = "x",
                       .metric = "souk_cost_total",
                       .where = {{"priority", "!operator"}},
                       .share_of = {"souk_x_total"}};
  EXPECT_EQ(record_expression(cost, "5m"),
            "sum by (job) (rate(souk_cost_total{priority!=\"operator\"}[5m]))\n"
            "/ (sum by (job) (rate(souk_x_total{priority!=\"operator\"}[5m])) > 0)");
}

TEST(Expressions, SatisfactionCountsWhatIsToleratedByHalf) {
  const Objective apdex{.name = "x", .metric = "souk_x_seconds", .apdex = 0.05};
  EXPECT_EQ(record_expression(apdex, "5m"),
            "(sum by (job) (rate(souk_x_seconds_bucket{le=\"0.05\"}[5m])) + "
            "sum by (job) (rate(souk_x_seconds_bucket{le=\"0.2\"}[5m]))) / 2\n"
            "/ (sum by (job) (rate(souk_x_seconds_count[5m])) > 0)");
}

TEST(Expressions, APrefixIsNoRegularExpression) {
  const Objective routes{.name = "x", .metric = "souk_x_total", .where = {{"route", "/a.b*"}}};
  EXPECT_EQ(record_expression(routes, "5m"),
            R"(sum by (job) (rate(souk_x_total{route=~"/a\\.b.*"}[5m])))");
}

TEST(Expressions, NamesAreThoseOfTheObjectives) {
  EXPECT_EQ(record_name({.section = Section::kEndpoint,
                         .subject = "GET /api/products/{id}",
                         .name = "p95",
                         .metric = "souk_x"}),
            "souk:endpoint_get_api_products_id_p95");
}

}  // namespace
}  // namespace souk::observe
