#include "telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "telemetry/process_metrics.h"
#include "telemetry/reading.h"
#include "telemetry/unknown.h"

namespace souk::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr CounterSpec kHits{"test_hits_total", "Hits.", {"route", "method"}};
constexpr GaugeSpec kDepth{"test_depth", "Depth."};
constexpr std::array kBounds = {0.1, 0.2};
constexpr HistogramSpec kTime{"test_time_seconds", "Time.", {}, kBounds};

std::string scrape(const Registry& registry) {
  Buffer out;
  registry.render(out);
  return std::string(out.view());
}

TEST(Metrics, CellsOfOneSeriesAreSummedAtScrape) {
  Registry registry;
  auto& first = registry.cell(kHits, {"/a", "GET"});
  auto& second = registry.cell(kHits, {"/a", "GET"});
  registry.cell(kHits, {"/b", "GET"}).increment();
  first.increment();
  second.add(2.5);
  const auto text = scrape(registry);
  EXPECT_THAT(text, HasSubstr("# HELP test_hits_total Hits.\n# TYPE test_hits_total counter\n"));
  EXPECT_THAT(text, HasSubstr("test_hits_total{route=\"/a\",method=\"GET\"} 3.5\n"));
  EXPECT_THAT(text, HasSubstr("test_hits_total{route=\"/b\",method=\"GET\"} 1\n"));
}

TEST(Metrics, WorkersSetTheirPartOfAGauge) {
  Registry registry;
  auto& first = registry.cell(kDepth);
  auto& second = registry.cell(kDepth);
  first.set(4);
  second.set(7);
  second.add(-1);
  EXPECT_THAT(scrape(registry), HasSubstr("test_depth 10\n"));
}

// An unmeasured ratio was shown as 0, which raised a false alert.
TEST(Metrics, WhatNobodyHasMeasuredIsNotShownAsZero) {
  Registry registry;
  auto& first = registry.cell(kDepth);
  auto& second = registry.cell(kDepth);
  first.set(kUnknown);
  second.set(kUnknown);
  const auto callback = registry.callback(kHits, {"/a", "GET"}, [] { return kUnknown; });
  EXPECT_THAT(scrape(registry), Not(HasSubstr("test_")));
  second.set(0);
  EXPECT_THAT(scrape(registry), HasSubstr("test_depth 0\n"));
  first.set(3);
  EXPECT_THAT(scrape(registry), HasSubstr("test_depth 3\n"));
}

TEST(Metrics, AReaderVisitsTheSeriesOfOneMetric) {
  Registry registry;
  registry.cell(kHits, {"/a", "GET"}).increment();
  registry.cell(kHits, {"/b", "GET"}).add(2);
  registry.cell(kTime).observe(0.15);
  registry.cell(kTime).observe(0.5);
  std::map<std::string, double> hits;
  visit(registry, "test_hits_total", [&](const Reading& series) {
    EXPECT_EQ(series.spec.name, "test_hits_total");
    EXPECT_TRUE(series.buckets.empty());
    hits[series.labels[0]] = series.value;
  });
  EXPECT_THAT(hits, ElementsAre(Pair("/a", 1), Pair("/b", 2)));
  std::vector<std::uint64_t> buckets;
  visit(registry, "test_time_seconds", [&](const Reading& series) {
    buckets.assign(series.buckets.begin(), series.buckets.end());
  });
  EXPECT_THAT(buckets, ElementsAre(0, 1, 1));
  visit(registry, "test_unknown", [](const Reading&) { FAIL(); });
}

TEST(Metrics, AHistogramCountsUpToAndIncludingItsBounds) {
  Registry registry;
  auto& time = registry.cell(kTime);
  time.observe(std::chrono::milliseconds(100));
  time.observe(std::chrono::milliseconds(150));
  registry.cell(kTime).observe(0.5);
  EXPECT_EQ(time.count(), 2U);
  const auto text = scrape(registry);
  EXPECT_THAT(text, HasSubstr("test_time_seconds_bucket{le=\"0.1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("test_time_seconds_bucket{le=\"0.2\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("test_time_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("test_time_seconds_count 3\n"));
  EXPECT_THAT(text, HasSubstr("test_time_seconds_sum 0.75\n"));
}

TEST(Metrics, TheTimesOfTheBudgetsAreBucketBounds) {
  for (const double bound : {0.05, 0.1, 0.2, 0.5, 1.0}) {
    EXPECT_THAT(kLatencyBuckets, ::testing::Contains(bound));
  }
  EXPECT_TRUE(std::ranges::is_sorted(kLatencyBuckets));
}

TEST(Metrics, LabelCombinationsOverTheLimitAreCountedAsOther) {
  Registry registry;
  for (std::size_t i = 0; i < kMaxSeriesPerMetric + 3; ++i) {
    registry.cell(kHits, {std::to_string(i), "GET"}).increment();
  }
  const auto text = scrape(registry);
  EXPECT_THAT(text, HasSubstr("test_hits_total{route=\"other\",method=\"other\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("route=\"1000\"")));
  EXPECT_THAT(text, HasSubstr("souk_telemetry_series_folded_total 3\n"));
  // A known combination keeps its own series.
  registry.cell(kHits, {"7", "GET"}).increment();
  EXPECT_THAT(scrape(registry), HasSubstr("test_hits_total{route=\"7\",method=\"GET\"} 2\n"));
}

TEST(Metrics, ACallbackIsReadAtScrapeUntilItsRegistrationEnds) {
  Registry registry;
  double depth = 3;
  {
    const auto registration = registry.callback(kDepth, {}, [&] { return depth; });
    depth = 4;
    EXPECT_THAT(scrape(registry), HasSubstr("test_depth 4\n"));
  }
  EXPECT_THAT(scrape(registry), Not(HasSubstr("test_depth")));
}

TEST(Metrics, LabelValuesAreEscaped) {
  Registry registry;
  registry.cell(kHits, {"a\"b\\c\nd", "GET"});
  EXPECT_THAT(scrape(registry), HasSubstr(R"(route="a\"b\\c\nd")"));
}

TEST(Metrics, NothingIsLostWhileOthersRegisterAndScrape) {
  constexpr int kCounts = 20'000;
  Registry registry;
  const auto work = [&] {
    auto& hits = registry.cell(kHits, {"/a", "GET"});
    auto& time = registry.cell(kTime);
    for (int n = 0; n < kCounts; ++n) {
      hits.increment();
      time.observe(0.15);
    }
  };
  std::array<std::thread, 4> workers;
  for (auto& worker : workers) worker = std::thread(work);
  for (int i = 0; i < 20; ++i) scrape(registry);
  for (auto& worker : workers) worker.join();
  const auto text = scrape(registry);
  EXPECT_THAT(text, HasSubstr("test_hits_total{route=\"/a\",method=\"GET\"} 80000\n"));
  EXPECT_THAT(text, HasSubstr("test_time_seconds_count 80000\n"));
}

enum class Outcome : std::uint8_t { kDone, kRefused };
constexpr std::array<std::string_view, 2> kOutcomeNames = {"done", "refused"};

TEST(Metrics, TheValuesOfAnEnumerationHaveACellEach) {
  static constexpr CounterSpec kTries{"test_tries_total", "Tries.", {"outcome", "method"}};
  Registry registry;
  CountersBy<Outcome, kOutcomeNames> tries(registry, kTries, "GET");
  tries[Outcome::kRefused].add(2);
  const auto text = scrape(registry);
  EXPECT_THAT(text, HasSubstr("test_tries_total{outcome=\"done\",method=\"GET\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("test_tries_total{outcome=\"refused\",method=\"GET\"} 2\n"));
}

TEST(MetricsDeathTest, ANameUsedAsAnotherTypeOrWithOtherLabelsIsOurOwnMistake) {
  Registry registry;
  registry.cell(kHits, {"/a", "GET"});
  EXPECT_DEATH(registry.cell(GaugeSpec(kHits.name, "Hits.", kHits.labels), {"/a", "GET"}), "");
  EXPECT_DEATH(registry.cell(kHits, {"/a"}), "");
}

TEST(ProcessMetrics, TellWhatTheProcessUses) {
  Registry registry;
  const ProcessMetrics process(registry);
  const auto text = scrape(registry);
  const auto value_of = [&](std::string_view name) {
    const auto at = text.find("\n" + std::string(name) + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  };
  EXPECT_GE(value_of("process_cpu_seconds_total"), 0);
  EXPECT_GT(value_of("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(value_of("process_open_fds"), 3);
  const auto now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
  EXPECT_LE(value_of("process_start_time_seconds"), now.count() + 1);
  EXPECT_GE(value_of("process_start_time_seconds"), now.count() - 3'600);
}

TEST(ProcessMetrics, CpuTimeHasAPriceWhereACoreHasOne) {
  Registry free;
  const ProcessMetrics without(free);
  EXPECT_THAT(scrape(free), Not(HasSubstr("souk_cpu_cost_total")));
  Registry registry;
  // An hour for 3,600: a second for 1.
  const ProcessMetrics priced(registry, CorePrice{3'600, *Currency::parse("EUR")});
  const auto value_of = [&registry](std::string_view name) {
    double value = -1;
    visit(registry, name, [&value](const Reading& series) { value = series.value; });
    return value;
  };
  const auto before = value_of("process_cpu_seconds_total");
  const auto cost = value_of("souk_cpu_cost_total");
  const auto after = value_of("process_cpu_seconds_total");
  EXPECT_LE(before, cost);
  EXPECT_LE(cost, after);
  EXPECT_GE(before, 0);
  EXPECT_THAT(scrape(registry), HasSubstr("souk_cpu_cost_total{currency=\"EUR\"} "));
}

// ---- OpenMetrics

std::string scrape_open(const Registry& registry) {
  Buffer out;
  registry.render(out, MetricFormat::kOpenMetrics);
  return std::string(out.view());
}

TEST(OpenMetrics, FamiliesOfCountersLackTheSuffixThatTheirSamplesHave) {
  Registry registry;
  registry.cell(kHits, {"/a", "G\"ET"}).increment();
  EXPECT_THAT(scrape_open(registry),
              HasSubstr("# TYPE test_hits counter\n"
                        "# HELP test_hits Hits.\n"
                        "test_hits_total{route=\"/a\",method=\"G\\\"ET\"} 1.0\n"));
  EXPECT_TRUE(scrape_open(registry).ends_with("\n# EOF\n"));
}

TEST(OpenMetrics, UnitsAreNamedAndBoundsAreWrittenInOneWay) {
  Registry registry;
  static constexpr std::array kWhole = {0.5, 1.0, 10.0};
  constexpr HistogramSpec kLong{"test_long_seconds", "Long.", {}, kWhole};
  registry.cell(kLong).observe(0.75);
  const auto text = scrape_open(registry);
  EXPECT_THAT(text, HasSubstr("# UNIT test_long_seconds seconds\n"));
  EXPECT_THAT(text, HasSubstr("test_long_seconds_bucket{le=\"0.5\"} 0\n"
                              "test_long_seconds_bucket{le=\"1.0\"} 1\n"
                              "test_long_seconds_bucket{le=\"10.0\"} 1\n"
                              "test_long_seconds_bucket{le=\"+Inf\"} 1\n"
                              "test_long_seconds_count 1\n"
                              "test_long_seconds_sum 0.75\n"));
}

TEST(OpenMetrics, TheLatestExemplarOfABucketIsShownOverAllCells) {
  Registry registry;
  auto& first = registry.cell(kTime);
  auto& second = registry.cell(kTime);
  first.observe(0.15);
  second.observe(0.16);
  second.exemplify({.trace = {2}, .value = 0.16, .at = Timestamp(std::chrono::seconds(20))});
  first.exemplify({.trace = {1}, .value = 0.15, .at = Timestamp(std::chrono::seconds(10))});
  EXPECT_THAT(scrape_open(registry),
              HasSubstr("test_time_seconds_bucket{le=\"0.2\"} 2 # "
                        "{trace_id=\"02000000000000000000000000000000\"} 0.16 20.000\n"));
  EXPECT_THAT(scrape(registry), Not(HasSubstr("trace_id"))) << "the older format has none";
}

}  // namespace
}  // namespace souk::telemetry
