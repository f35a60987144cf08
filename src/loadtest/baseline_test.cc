#include "loadtest/baseline.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

// A run of `us` for every list.
Measurements run_of(std::chrono::microseconds us, int errors = 0) {
  const auto scenario = load_scenario("normal_load").value();
  Measurements run{.scenario = scenario,
                   .total = Recorder(scenario.endpoints.size()),
                   .warm_up = Recorder(scenario.endpoints.size())};
  run.plan.shape = LoadShape::ramp_and_hold(10, 0s, 10s);
  run.elapsed = run.measured = 10s;
  auto& lists = run.total.endpoints.front();
  for (int i = 0; i < 1'000; ++i) {
    lists.latency.record(us);
    lists.requests.add();
    lists.statuses[200].add();
    run.total.answers_in_time.add();
  }
  for (int i = 0; i < errors; ++i) run.total.error(0, ErrorKind::kServerError);
  return run;
}

Repeats repeats_of(std::initializer_list<std::chrono::microseconds> latencies) {
  Repeats repeats(run_of(1ms));
  for (const auto us : latencies) EXPECT_TRUE(repeats.add(run_of(us)));
  return repeats;
}

const Change& find(const std::vector<Change>& findings, std::string_view metric) {
  return *std::ranges::find(findings, metric, &Change::metric);
}

const auto kBefore =
    repeats_of({1000us, 1010us, 990us, 1020us, 1005us, 995us, 1015us, 985us, 1000us, 1010us});

TEST(Baseline, ASlowerShopIsFoundAndAFasterOneIsNoFailure) {
  const auto slower =
      repeats_of({1100us, 1120us, 1090us, 1130us, 1105us, 1095us, 1120us, 1080us, 1100us, 1110us});
  const auto found = compare(kBefore, slower, true).value();
  EXPECT_TRUE(find(found, "all p50").is_worse);
  EXPECT_TRUE(find(found, "GET /api/products p95").is_worse);
  EXPECT_TRUE(find(found, "all p50").sentence.starts_with("slower by 10 % ("))
      << find(found, "all p50").sentence;
  EXPECT_FALSE(find(found, "answers a second").is_worse);
  const auto back = compare(slower, kBefore, true).value();
  EXPECT_FALSE(std::ranges::any_of(back, &Change::is_worse));
  EXPECT_TRUE(find(back, "all p50").sentence.starts_with("faster by "));
}

TEST(Baseline, NoiseIsNoVerdict) {
  const auto same =
      repeats_of({1015us, 985us, 1005us, 1000us, 1020us, 990us, 1005us, 1010us, 995us, 1000us});
  for (const bool are_pairs : {true, false}) {
    for (const auto& finding : compare(kBefore, same, are_pairs).value()) {
      EXPECT_FALSE(finding.is_worse) << finding.metric;
      EXPECT_TRUE(finding.sentence.starts_with("no difference larger than ")) << finding.sentence;
    }
  }
}

TEST(Baseline, AWrittenOneIsReadAgain) {
  Buffer file;
  kBefore.write(file);
  const auto read = Repeats::read(std::string(file.view()), "base.json");
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->subject(), kBefore.subject());
  ASSERT_EQ(read->metrics().size(), kBefore.metrics().size());
  EXPECT_EQ(read->metrics().front().values, kBefore.metrics().front().values);
  for (const auto* wrong : {"", "{}", R"({"fileVersion":2})",
                            R"({"fileVersion":1,"subject":"s","commit":"c","metrics":[{"name":"a",)"
                            R"("largerIsBetter":false,"values":[0]}]})"}) {
    const auto refused = Repeats::read(wrong, "base.json");
    ASSERT_FALSE(refused) << wrong;
    EXPECT_TRUE(refused.error().detail.starts_with("base.json: ")) << refused.error().detail;
  }
}

TEST(Baseline, OnlyRepeatsOfTheSameAreCompared) {
  auto other = run_of(1ms);
  other.plan.shape = LoadShape::ramp_and_hold(20, 0s, 10s);
  EXPECT_FALSE(compare(kBefore, Repeats(other), true));
  EXPECT_FALSE(compare(kBefore, repeats_of({1000us, 1000us}), false)) << "too few";
}

TEST(Baseline, ARepeatWithErrorsIsRefused) {
  Repeats repeats(run_of(1ms));
  EXPECT_TRUE(repeats.add(run_of(1ms, 10)));
  EXPECT_FALSE(repeats.add(run_of(1ms, 11)));
}

}  // namespace
}  // namespace souk::loadtest
