#include "telemetry/traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/random.h"

namespace souk::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string scrape(const Registry& registry) {
  Buffer out;
  registry.render(out);
  return std::string(out.view());
}

Trace trace(std::uint8_t number, TraceKept kept) {
  return {.context = {.trace_id = {number, 1}, .span_id = {number}},
          .id = Uuid{.bytes = {number}},
          .kept = kept,
          .name = "GET /api/things"};
}

TraceContext random_context(SeededRandom& random) {
  TraceContext context;
  random.fill(context.trace_id);
  return context;
}

TEST(Traces, SlowAndFailedOnesAreKeptWhateverTheShare) {
  Registry registry;
  const Traces traces({.sampled = 0}, registry);
  EXPECT_EQ(traces.judge({}, false, false), std::nullopt);
  EXPECT_EQ(traces.judge({}, false, true), TraceKept::kSlow);
  EXPECT_EQ(traces.judge({}, true, true), TraceKept::kFailed);
}

TEST(Traces, AShareIsSampledOnlyWhereThereIsACollector) {
  Registry registry;
  const Traces local({.sampled = 1}, registry);
  EXPECT_FALSE(local.samples({}, false));
  Registry another;
  const Traces exported({.sampled = 10, .endpoint = "http://127.0.0.1:4318"}, another);
  SeededRandom random(7);
  int sampled = 0;
  for (int i = 0; i < 10'000; ++i)
    sampled += exported.samples(random_context(random), false) ? 1 : 0;
  EXPECT_GT(sampled, 850);
  EXPECT_LT(sampled, 1'150);
}

TEST(Traces, AllNodesChooseTheSameOnesAndASmallerShareIsAPartOfALargerOne) {
  Registry one;
  Registry two;
  const Traces half({.sampled = 2, .endpoint = "http://c:4318"}, one);
  const Traces tenth({.sampled = 10, .endpoint = "http://c:4318"}, two);
  SeededRandom random(7);
  int both = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto context = random_context(random);
    if (!tenth.samples(context, false)) continue;
    ++both;
    EXPECT_TRUE(half.samples(context, false));
  }
  EXPECT_GT(both, 0);
}

TEST(Traces, ACallersFlagDecidesOnlyWhereCallersAreFollowed) {
  const TraceContext sampled{.trace_id = {1}, .span_id = {1}, .flags = kTraceSampled};
  Registry one;
  const Traces own({.sampled = 0, .endpoint = "http://c:4318"}, one);
  EXPECT_FALSE(own.samples(sampled, true));
  Registry two;
  const Traces following({.sampled = 1, .follow_callers = true, .endpoint = "http://c:4318"}, two);
  EXPECT_TRUE(following.samples(sampled, true));
  EXPECT_FALSE(following.samples({.trace_id = {0xff}, .span_id = {1}}, true));
}

TEST(Traces, TheRingHasTheLatestSlowAndFailedOnesAndFindsThemByEitherId) {
  Registry registry;
  Traces traces({.kept = 2, .endpoint = "http://c:4318"}, registry);
  traces.add(trace(1, TraceKept::kSlow));
  traces.add(trace(2, TraceKept::kSampled));
  traces.add(trace(3, TraceKept::kFailed));
  traces.add(trace(4, TraceKept::kSlow));
  const auto latest = traces.latest();
  ASSERT_THAT(latest, SizeIs(2));
  EXPECT_EQ(latest[0]->id.bytes[0], 4);
  EXPECT_EQ(latest[1]->id.bytes[0], 3);
  EXPECT_THAT(traces.find("03000000-0000-0000-0000-000000000000"), SizeIs(1));
  EXPECT_THAT(traces.find("03010000000000000000000000000000"), SizeIs(1));
  EXPECT_THAT(traces.find("01000000-0000-0000-0000-000000000000"), IsEmpty());
  EXPECT_THAT(traces.find(""), IsEmpty());
  EXPECT_THAT(scrape(registry), HasSubstr("souk_traces_kept_total{reason=\"slow\"} 2\n"));
}

TEST(Traces, ThoseThatCannotWaitAreDroppedAndCounted) {
  Registry registry;
  Traces traces({.endpoint = "http://c:4318"}, registry);
  for (std::size_t i = 0; i < Traces::kMaxWaiting + 3; ++i) {
    traces.add(trace(static_cast<std::uint8_t>(i), TraceKept::kSampled));
  }
  EXPECT_THAT(scrape(registry), HasSubstr("souk_traces_dropped_total{reason=\"queue_full\"} 3\n"));
  EXPECT_THAT(scrape(registry), HasSubstr("souk_traces_waiting 2048\n"));
  EXPECT_EQ(traces.take(1)[0]->id.bytes[0], 0) << "the oldest first";
  EXPECT_THAT(traces.take(10'000), SizeIs(Traces::kMaxWaiting - 1));
}

TEST(Traces, WithoutACollectorNothingWaits) {
  Registry registry;
  Traces traces({}, registry);
  traces.add(trace(1, TraceKept::kSlow));
  EXPECT_THAT(traces.take(10), IsEmpty());
  EXPECT_THAT(traces.latest(), SizeIs(1));
}

}  // namespace
}  // namespace souk::telemetry
