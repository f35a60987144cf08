#include "app/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

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

// The names Prometheus' own tools and every dashboard rely on.
TEST(Reference, MetricsKeepTheNamingConvention) {
  using telemetry::MetricType;
  std::set<std::string_view> names;
  for (const auto* spec : all_metric_specs()) {
    const auto name = spec->name;
    EXPECT_TRUE(names.insert(name).second) << name << " is declared twice";
    EXPECT_TRUE(name.starts_with("souk_") || name.starts_with("process_")) << name;
    EXPECT_TRUE(std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || c == '_';
    })) << name;
    EXPECT_EQ(name.ends_with("_total"), spec->type == MetricType::kCounter) << name;
    EXPECT_TRUE(spec->help.ends_with('.')) << name;
    for (const std::string_view unit : {"_ms", "_us", "_milliseconds", "_microseconds", "_kb"}) {
      EXPECT_FALSE(name.contains(unit)) << name;
    }
    if (spec->type == MetricType::kHistogram) {
      EXPECT_TRUE(std::ranges::is_sorted(spec->buckets)) << name;
      EXPECT_LE(spec->buckets.size(), telemetry::kMaxHistogramBuckets) << name;
    }
  }
}

}  // namespace
}  // namespace souk::app
