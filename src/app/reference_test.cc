#include "app/reference.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "observe/panels.h"
#include "statistics/visits.h"
#include "telemetry/budgets.h"

namespace souk::app {
namespace {

TEST(Reference, ThePagesAreWhatTheCodeSays) {
  for (const auto& page : reference_pages()) {
    std::ostringstream committed;
    committed << std::ifstream(SOUK_REFERENCE_FOLDER "/" + std::string(page.name) + ".md").rdbuf();
    EXPECT_EQ(committed.str(), page.write()) << "the page has drifted: souk reference " << page.name
                                             << " > docs/reference/" << page.name << ".md";
  }
}

TEST(Reference, ThePrometheusRulesAreWhatTheBudgetsSay) {
  const auto rules = alert_rules();
  ASSERT_TRUE(rules) << rules.error();
  std::ostringstream committed;
  committed << std::ifstream(SOUK_REFERENCE_RULES).rdbuf();
  EXPECT_EQ(committed.str(), *rules)
      << "the file has drifted: souk reference rules > deploy/prometheus/souk.rules.yml";
}

TEST(Budgets, AreAnsweredByMetricsAndHoldTheNumbersOfTheRfc) {
  using telemetry::Section;
  const auto budgets = telemetry::load_budgets(SOUK_BUDGETS_FILE, all_metric_specs());
  ASSERT_TRUE(budgets) << budgets.error();
  for (const auto& [section, name, threshold] :
       {std::tuple(Section::kApi, "p95", 0.2), std::tuple(Section::kApi, "p99", 0.5),
        std::tuple(Section::kApi, "throughput", 1'000.0),
        std::tuple(Section::kApi, "error_rate", 0.01), std::tuple(Section::kDatabase, "p95", 0.05),
        std::tuple(Section::kDatabase, "p99", 0.1), std::tuple(Section::kCache, "hit_ratio", 0.85),
        std::tuple(Section::kResources, "memory", 0.8), std::tuple(Section::kResources, "cpu", 0.7),
        std::tuple(Section::kAvailability, "failed", 0.001)}) {
    const auto* objective = budgets->find(section, "", name);
    ASSERT_NE(objective, nullptr) << name;
    EXPECT_DOUBLE_EQ(objective->threshold, threshold) << name;
  }
}

TEST(Panels, AreOfMetricsThatTheShopRecords) {
  std::set<std::string_view> names;
  for (const auto* spec : all_metric_specs()) names.insert(spec->name);
  for (const auto& panel : observe::panels()) {
    for (const auto& curve : panel.all_curves()) {
      EXPECT_TRUE(names.contains(curve.metric)) << curve.metric;
      for (const auto part : curve.share_of) {
        EXPECT_TRUE(part.empty() || names.contains(part)) << part;
      }
    }
    const auto budgets = builtin_budgets();
    ASSERT_TRUE(budgets);
    for (const auto& limit : panel.all_limits()) {
      EXPECT_NE(budgets->find(limit.section, limit.subject, limit.name), nullptr) << limit.name;
    }
  }
}

TEST(Panels, EachGroupOfVisitsIsInOneCurveOfTheConversion) {
  const auto panels = observe::panels();
  const auto found = std::ranges::find(panels, "conversion", &observe::Panel::id);
  ASSERT_NE(found, panels.end());
  for (const auto bound : statistics::kSlowerThanMs) {
    const auto text = std::to_string(bound);
    EXPECT_EQ(std::ranges::count_if(found->all_curves(),
                                    [&](const observe::Curve& curve) {
                                      const auto measured = curve.measure();
                                      return telemetry::is_wanted(
                                          measured.where.at("slower_than_ms"), text);
                                    }),
              1)
        << bound;
  }
}

TEST(Reference, TheCommittedDashboardIsTheGeneratedOne) {
  const auto dashboard = grafana_dashboard();
  ASSERT_TRUE(dashboard) << dashboard.error();
  std::ostringstream committed;
  committed << std::ifstream(SOUK_REFERENCE_DASHBOARD).rdbuf();
  EXPECT_EQ(committed.str(), *dashboard)
      << "the file has drifted: souk reference dashboard > deploy/grafana/souk.json";
}

// Names that Prometheus' tools and common dashboards rely on.
TEST(Reference, MetricsKeepTheNamingConvention) {
  using telemetry::MetricType;
  std::set<std::string_view> names;
  for (const auto* spec : all_metric_specs()) {
    const auto name = spec->name;
    EXPECT_TRUE(names.insert(name).second) << name << " is declared twice";
    EXPECT_TRUE(name.starts_with("souk_") || name.starts_with("process_")) << name;
    EXPECT_TRUE(std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    })) << name;
    EXPECT_EQ(name.ends_with("_total"), spec->type == MetricType::kCounter) << name;
    EXPECT_TRUE(spec->help.ends_with('.')) << name;
    for (const std::string_view unit :
         {"_ms_", "_us_", "_milliseconds_", "_microseconds_", "_kb_"}) {
      EXPECT_FALSE(fmt::format("{}_", name).contains(unit)) << name;
    }
    if (spec->type == MetricType::kHistogram) {
      EXPECT_TRUE(std::ranges::is_sorted(spec->buckets)) << name;
      EXPECT_LE(spec->buckets.size(), telemetry::kMaxHistogramBuckets) << name;
    }
  }
}

}  // namespace
}  // namespace souk::app
