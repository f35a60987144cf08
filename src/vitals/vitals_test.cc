#include "vitals/vitals.h"

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

#include "telemetry/reading.h"

namespace souk::vitals {
namespace {

using testing::ElementsAre;

// The number of observations of each series of a histogram, by its labels.
std::map<std::string, std::uint64_t> counts(const telemetry::Registry& registry,
                                            std::string_view metric) {
  std::map<std::string, std::uint64_t> all;
  visit(registry, metric, [&](const telemetry::Reading& series) {
    std::string labels;
    for (const auto& label : series.labels) labels += label + ' ';
    for (const auto count : series.buckets) all[labels] += count;
    if (all[labels] == 0) all.erase(labels);
  });
  return all;
}

TEST(Vitals, OnlyWhatAPageMeasuredIsObserved) {
  telemetry::Registry registry;
  Vitals vitals({.pages = {"product"}}, registry);
  vitals.take({.page = "product", .lcp_ms = 1'200, .cls_thousandths = 0});
  vitals.take({.page = "product", .lcp_ms = 0, .inp_ms = 30});
  EXPECT_THAT(counts(registry, "souk_vitals_seconds"),
              ElementsAre(std::pair("inp product ", 1), std::pair("lcp product ", 2)));
  EXPECT_THAT(counts(registry, "souk_vitals_layout_shift"), ElementsAre(std::pair("product ", 1)));
}

TEST(Vitals, MillisecondsBecomeSeconds) {
  telemetry::Registry registry;
  Vitals vitals({.pages = {"product"}}, registry);
  vitals.take({.page = "product", .lcp_ms = 2'500, .cls_thousandths = 100});
  for (const auto* metric : {"souk_vitals_seconds", "souk_vitals_layout_shift"}) {
    const double bound = metric == std::string_view("souk_vitals_seconds") ? 2.5 : 0.1;
    visit(registry, metric, [&](const telemetry::Reading& series) {
      for (std::size_t i = 0; i < series.buckets.size(); ++i) {
        if (series.buckets[i] == 1) EXPECT_EQ(telemetry::kLatencyBuckets.at(i), bound);
      }
    });
  }
}

TEST(Vitals, PagesThatAreNotNamedAreCountedTogether) {
  telemetry::Registry registry;
  Vitals vitals({.pages = {"product"}}, registry);
  for (int i = 0; i < 5'000; ++i) vitals.take({.page = std::to_string(i), .ttfb_ms = 1});
  EXPECT_THAT(counts(registry, "souk_vitals_seconds"),
              ElementsAre(std::pair("ttfb other ", 5'000)));
}

TEST(Vitals, NamesOfPagesAreFewShortAndPlain) {
  EXPECT_TRUE(are_pages({}));
  EXPECT_TRUE(are_pages(Config().pages));
  EXPECT_TRUE(are_pages({std::string(kMaxPageName, 'a'), "a-1_b"}));
  for (const auto* name : {"", "A", "/products", "a b", "ä"}) EXPECT_FALSE(are_pages({name}));
  EXPECT_FALSE(are_pages({std::string(kMaxPageName + 1, 'a')}));
  EXPECT_FALSE(are_pages(std::vector<std::string>(kMaxPages + 1, "a")));
}

TEST(Vitals, ValuesOutOfTheirBoundsAreNamed) {
  const std::string longest = [] {
    std::string name;
    for (std::size_t i = 0; i < kMaxPageName; ++i) name += "ä";
    return name;
  }();
  EXPECT_TRUE(check({.page = longest}));
  EXPECT_TRUE(check({.page = "a", .load_ms = 0, .inp_ms = kMaxMs, .cls_thousandths = 0}));
  const auto wrong = check({.page = longest + "a",
                            .load_ms = kMaxMs + 1,
                            .lcp_ms = -1,
                            .fcp_ms = -1,
                            .ttfb_ms = kMaxMs + 1,
                            .inp_ms = -1,
                            .cls_thousandths = kMaxClsThousandths + 1});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kValidationFailed);
  std::vector<std::string> pointers;
  for (const auto& field : wrong.error().fields) pointers.push_back(field.pointer);
  EXPECT_THAT(pointers, ElementsAre("/page", "/loadMs", "/lcpMs", "/fcpMs", "/ttfbMs", "/inpMs",
                                    "/clsThousandths"));
  EXPECT_EQ(check({.page = ""}).error().fields.size(), 1);
}

}  // namespace
}  // namespace souk::vitals
