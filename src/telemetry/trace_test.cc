#include "telemetry/trace.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace souk::telemetry {
namespace {

constexpr std::string_view kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, ReadsAndWritesTheExampleOfTheRecommendation) {
  const auto context = TraceContext::parse(kExample);
  ASSERT_TRUE(context);
  EXPECT_EQ(to_hex(context->trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(to_hex(context->span_id), "00f067aa0ba902b7");
  EXPECT_EQ(context->flags, kTraceSampled);
  EXPECT_EQ(context->to_traceparent(), kExample);
}

TEST(TraceContext, TakesWhatALaterVersionAdds) {
  EXPECT_TRUE(TraceContext::parse("cc" + std::string(kExample.substr(2))));
  EXPECT_TRUE(TraceContext::parse("cc" + std::string(kExample.substr(2)) + "-what-comes-later"));
  EXPECT_FALSE(TraceContext::parse("cc" + std::string(kExample.substr(2)) + ".what"));
}

TEST(TraceContext, RefusesWhatIsNotToTheLetter) {
  for (const std::string_view bad : {
           "",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
       }) {
    EXPECT_FALSE(TraceContext::parse(bad)) << bad;
  }
}

TEST(RequestIdSource, JoinsTheCallersTraceWithASpanOfItsOwn) {
  const ManualClock clock(Timestamp(std::chrono::seconds(1'700'000'000)));
  SeededRandom random(1);
  RequestIdSource source(clock, random);
  const auto caller = *TraceContext::parse(kExample);
  const auto ids = source.next(kExample);
  EXPECT_EQ(ids.trace.trace_id, caller.trace_id);
  EXPECT_EQ(ids.trace.flags, caller.flags);
  EXPECT_NE(ids.trace.span_id, caller.span_id);
}

TEST(RequestIdSource, StartsATraceWhereTheCallerHasNone) {
  const ManualClock clock(Timestamp(std::chrono::seconds(1'700'000'000)));
  SeededRandom random(1);
  RequestIdSource source(clock, random);
  const auto first = source.next("");
  const auto second = source.next("nonsense");
  EXPECT_NE(first.trace.trace_id, second.trace.trace_id);
  EXPECT_LT(first.request, second.request);
  EXPECT_TRUE(TraceContext::parse(first.trace.to_traceparent()));
}

}  // namespace
}  // namespace souk::telemetry
