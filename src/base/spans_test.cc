#include "base/spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TraceContext kContext{.trace_id = {1}, .span_id = {2}, .flags = kTraceSampled};
constexpr Span::Time kBegun{100s};

TEST(Spans, NothingIsRecordedUnlessAsked) {
  Spans spans;
  spans.start(kContext, false, false);
  {
    const OpenSpan span(&spans, SpanKind::kStatement, "find", kBegun);
  }
  spans.adopt(Spans::kNone, {});
  EXPECT_THAT(spans.take(kBegun), IsEmpty());
  EXPECT_EQ(spans.traceparent(), "");
}

TEST(Spans, ACallersTraceIsPassedOnEvenIfNothingIsRecorded) {
  Spans spans;
  spans.start(kContext, false, true);
  EXPECT_EQ(spans.traceparent(), "00-01000000000000000000000000000000-0200000000000000-01");
}

TEST(Spans, WhatRunsWithinTheHandlerLiesWithinItsSpan) {
  Spans spans;
  spans.start(kContext, true, false);
  {
    const OpenSpan admission(&spans, SpanKind::kStatement, "who", kBegun);
  }
  spans.start_handler(kBegun + 1s);
  {
    OpenSpan span(&spans, SpanKind::kStatement, "find", kBegun + 2s);
    span.succeeded(3);
  }
  spans.end_handler();
  {
    const OpenSpan late(&spans, SpanKind::kStatement, "late");
  }
  const auto all = spans.take(kBegun + 9s);
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_EQ(all[0].name, "who");
  EXPECT_EQ(all[0].parent, Span::kRoot);
  EXPECT_TRUE(all[0].failed) << "nobody said that it succeeded";
  EXPECT_EQ(all[1].kind, SpanKind::kHandler);
  EXPECT_EQ(all[1].begun, kBegun + 1s);
  EXPECT_NE(all[1].ended, Span::Time{});
  EXPECT_EQ(all[2].parent, 1);
  EXPECT_EQ(all[2].rows, 3);
  EXPECT_FALSE(all[2].failed);
  EXPECT_EQ(all[3].parent, Span::kRoot);
}

TEST(Spans, AHandlerThatRecordedNothingIsASpanOfAKeptTrace) {
  Spans spans;
  spans.start(kContext, true, false);
  spans.start_handler(kBegun);
  spans.end_handler();
  const auto all = spans.take(kBegun + 1s);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].kind, SpanKind::kHandler);
  EXPECT_EQ(all[0].ended - all[0].begun, 1s);
}

TEST(Spans, WhatOthersRecordedIsAdoptedWithItsNesting) {
  Spans others;
  others.start({}, true, false);
  others.start_handler(kBegun);
  {
    const OpenSpan inner(&others, SpanKind::kStatement, "load", kBegun);
  }
  const auto recorded = others.take(kBegun + 1s);

  Spans spans;
  spans.start(kContext, true, false);
  {
    const OpenSpan first(&spans, SpanKind::kStatement, "first", kBegun);
  }
  OpenSpan cache(&spans, SpanKind::kCache, "product", kBegun);
  cache.adopt(recorded);
  const auto all = spans.take(kBegun + 2s);
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_EQ(all[2].kind, SpanKind::kHandler);
  EXPECT_EQ(all[2].parent, 1);
  EXPECT_EQ(all[3].name, "load");
  EXPECT_EQ(all[3].parent, 2);
}

TEST(Spans, AreBoundedAndCountWhatTheyLeaveOut) {
  Spans spans;
  spans.start(kContext, true, false);
  for (std::size_t i = 0; i < Spans::kMax + 5; ++i) {
    const OpenSpan span(&spans, SpanKind::kStatement, "find", kBegun);
  }
  EXPECT_EQ(spans.left_out(), 5u);
  EXPECT_THAT(spans.take(kBegun), SizeIs(Spans::kMax));
}

// A statement of a streamed response may end after its request's trace was judged.
TEST(Spans, ASpanThatOutlivesItsTraceHarmsNothing) {
  Spans spans;
  spans.start(kContext, true, false);
  OpenSpan span(&spans, SpanKind::kStatement, "fetch", kBegun);
  const auto all = spans.take(kBegun + 1s);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].ended, kBegun + 1s);
  span.succeeded(1);
  span.has_waited();
  {
    const OpenSpan late(&spans, SpanKind::kStatement, "late", kBegun);
  }
  EXPECT_THAT(spans.take(kBegun + 2s), IsEmpty());
}

}  // namespace
}  // namespace souk
