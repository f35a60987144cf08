#include "telemetry/budgets.h"

#include <gtest/gtest.h>

#include <array>

namespace souk::telemetry {
namespace {

constexpr MetricSpec kDuration{.name = "souk_http_request_duration_seconds",
                               .help = {},
                               .type = MetricType::kHistogram,
                               .labels = {"method", "route", "priority"}};
constexpr MetricSpec kRequests{.name = "souk_http_requests_total",
                               .help = {},
                               .type = MetricType::kCounter,
                               .labels = {"status"}};
constexpr std::array<const MetricSpec*, 2> kMetrics = {&kDuration, &kRequests};

constexpr std::string_view kGood = R"(
[api.p95]
metric = "souk_http_request_duration_seconds"
quantile = 0.95
at_most = "200ms"
window = "5m"
severity = "page"
[api.error_rate]
metric = "souk_http_requests_total"
where = { status = "5*" }
share_of = ["souk_http_requests_total"]
at_most = 0.01
window = "30d"
severity = "ticket"
[endpoint."POST /api/orders".p95]
metric = "souk_http_request_duration_seconds"
quantile = 0.95
at_most = "150ms"
window = "5m"
severity = "page"
[class.payment.p95]
metric = "souk_http_request_duration_seconds"
quantile = 0.95
at_most = "1s"
window = "5m"
severity = "page"
)";

std::string with(std::string_view what, std::string_view instead) {
  std::string text(kGood);
  return text.replace(text.find(what), what.size(), instead);
}

std::string error_of(const std::string& text) {
  const auto budgets = parse_budgets(text, "budgets.toml", kMetrics);
  return budgets ? "" : budgets.error();
}

Budgets good() { return parse_budgets(kGood, "budgets.toml", kMetrics).value(); }

TEST(Budgets, SayWhatIsPromisedAndByWhichMetricItIsSeen) {
  const auto budgets = good();
  const auto& p95 = *budgets.find(Section::kApi, "", "p95");
  EXPECT_EQ(p95.metric, kDuration.name);
  EXPECT_EQ(p95.quantile, 0.95);
  EXPECT_TRUE(p95.at_most);
  EXPECT_TRUE(p95.is_duration);
  EXPECT_DOUBLE_EQ(p95.threshold, 0.2);
  EXPECT_EQ(p95.window, std::chrono::minutes(5));
  EXPECT_EQ(p95.severity, Severity::kPage);
  EXPECT_EQ(p95.title(), "api p95");
  const auto& errors = *budgets.find(Section::kApi, "", "error_rate");
  EXPECT_EQ(errors.where.at("status"), "5*");
  EXPECT_EQ(errors.share_of, std::vector<std::string>{"souk_http_requests_total"});
  EXPECT_FALSE(errors.is_duration);
  EXPECT_EQ(errors.title(), "api error rate");
}

TEST(Budgets, AnAlertIsRaisedOnlyAfterItsForAndNeverWithoutOne) {
  const auto text = with("window = \"5m\"", "window = \"5m\"\nfor = \"2m\"");
  const auto budgets = parse_budgets(text, "budgets.toml", kMetrics).value();
  EXPECT_EQ(budgets.find(Section::kApi, "", "p95")->alert_after, std::chrono::minutes(2));
  EXPECT_EQ(budgets.find(Section::kApi, "", "error_rate")->alert_after, std::nullopt);
}

TEST(Budgets, OnlyExclusionsApplyToTheWhole) {
  const auto text = with("status = \"5*\"", "status = \"!5*\"");
  const auto budgets = parse_budgets(text, "budgets.toml", kMetrics).value();
  EXPECT_TRUE(is_wanted("!observe.*", "orders.find"));
  EXPECT_FALSE(is_wanted("!observe.*", "observe.report"));
  EXPECT_TRUE(is_wanted("5*", "503"));
  EXPECT_FALSE(is_wanted("!operator", "operator"));
  EXPECT_TRUE(is_wanted("50|100", "100"));
  EXPECT_FALSE(is_wanted("50|100", "10"));
  EXPECT_TRUE(is_wanted("4*|503", "503"));
  EXPECT_FALSE(is_wanted("!50|100", "50"));
  const Objective::Labels excluded = {{"status", "!5*"}};
  EXPECT_EQ(budgets.find(Section::kApi, "", "error_rate")->excluded(), excluded);
  EXPECT_TRUE(good().find(Section::kApi, "", "error_rate")->excluded().empty());
}

TEST(Budgets, AnEndpointMayHaveObjectivesOfItsOwn) {
  const auto budgets = good();
  EXPECT_DOUBLE_EQ(budgets.of_endpoint("POST /api/orders", "p95")->threshold, 0.15);
  EXPECT_DOUBLE_EQ(budgets.of_endpoint("GET /api/products", "p95")->threshold, 0.2);
  EXPECT_EQ(budgets.of_endpoint("GET /api/products", "p50"), nullptr);
}

TEST(Budgets, AClassAndAnEndpointSayWhichSeriesTheyAreAbout) {
  const auto budgets = good();
  const auto& orders = *budgets.find(Section::kEndpoint, "POST /api/orders", "p95");
  EXPECT_EQ(orders.where.at("method"), "POST");
  EXPECT_EQ(orders.where.at("route"), "/api/orders");
  EXPECT_EQ(budgets.find(Section::kClass, "payment", "p95")->where.at("priority"), "payment");
}

TEST(Budgets, WhatNoMetricAnswersIsAnError) {
  EXPECT_EQ(error_of(with("\"souk_http_requests_total\"", "\"souk_http_request_total\"")),
            "budgets.toml: [api.error_rate]: no metric is called \"souk_http_request_total\"");
  EXPECT_EQ(error_of(with("[\"souk_http_requests_total\"]", "[\"souk_all_total\"]")),
            "budgets.toml: [api.error_rate]: no metric is called \"souk_all_total\"");
  EXPECT_EQ(error_of(with("{ status", "{ state")),
            "budgets.toml: [api.error_rate]: souk_http_requests_total has no label \"state\"");
}

TEST(Budgets, OnlyAHistogramHasAQuantile) {
  EXPECT_EQ(
      error_of(with("quantile = 0.95\n", "")),
      "budgets.toml: [api.p95]: souk_http_request_duration_seconds is a histogram: it needs a "
      "\"quantile\"");
  EXPECT_EQ(error_of(with("at_most = 0.01", "at_most = 0.01\nquantile = 0.5")),
            "budgets.toml: [api.error_rate]: souk_http_requests_total is no histogram: it cannot "
            "have a \"quantile\"");
}

TEST(Budgets, WhatIsUnknownIsNamed) {
  EXPECT_EQ(error_of(with("severity", "colour = \"red\"\nseverity")),
            "budgets.toml: [api.p95]: unknown key \"colour\"");
  EXPECT_EQ(error_of(with("[api.p95]", "[storage.x]\n[api.p95]")),
            "budgets.toml: unknown section \"storage\"; there are api, class, endpoint, database, "
            "cache, queue, resources, availability, state");
}

TEST(Budgets, WhatIsMissingOrBadIsNamedWithWhatIsExpected) {
  EXPECT_EQ(error_of(with("severity = \"page\"\n", "")),
            "budgets.toml: [api.p95]: \"severity\" is missing; it must be a text");
  EXPECT_EQ(error_of(with("\"page\"", "\"sms\"")),
            "budgets.toml: [api.p95]: \"severity\" has a bad value; it must be \"page\" or "
            "\"ticket\"");
  EXPECT_EQ(error_of(with("\"200ms\"", "200")),
            "budgets.toml: [api.p95]: \"at_most\" has a bad value; it must be a duration above "
            "zero such as \"200ms\"");
  EXPECT_EQ(error_of(with("at_most = 0.01", "at_most = 1.01")),
            "budgets.toml: [api.error_rate]: \"at_most\" has a bad value; it must be a number from "
            "0 to 1");
  EXPECT_EQ(error_of(with("at_most = 0.01", "at_most = 0.01\nat_least = 0.2")),
            "budgets.toml: [api.error_rate]: one of \"at_most\" and \"at_least\" is needed");
  EXPECT_EQ(error_of(with("quantile = 0.95", "quantile = 95")),
            "budgets.toml: [api.p95]: \"quantile\" has a bad value; it must be between 0 and 1");
  EXPECT_TRUE(error_of("[api\n").starts_with("budgets.toml:1: ")) << error_of("[api\n");
}

TEST(Budgets, AFileThatCannotBeReadIsAnError) {
  const auto budgets = load_budgets("/nonexistent/budgets.toml", kMetrics);
  ASSERT_FALSE(budgets);
  EXPECT_EQ(budgets.error(), "cannot read /nonexistent/budgets.toml: No such file or directory");
}

}  // namespace
}  // namespace souk::telemetry
