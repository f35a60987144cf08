#include "reports/rules.h"

#include <gtest/gtest.h>

namespace souk::reports {
namespace {

using std::chrono::days;

constexpr Timestamp kNow = std::chrono::sys_days(std::chrono::year(2025) / 3 / 1);

TEST(ExportSpan, IsEverythingWhereNoEndIsGiven) {
  const auto span = export_span({}, {});
  ASSERT_TRUE(span);
  EXPECT_EQ(span->from, Timestamp::min());
  EXPECT_EQ(span->to, Timestamp::max());
}

TEST(ExportSpan, MustNotEndBeforeItBegins) {
  EXPECT_TRUE(export_span(kNow, kNow + std::chrono::microseconds(1)));
  for (const auto to : {kNow, kNow - days(1)}) {
    const auto span = export_span(kNow, to);
    ASSERT_FALSE(span);
    EXPECT_EQ(span.error().code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(span.error().fields.at(0).pointer, "from");
  }
}

TEST(ReportSpan, IsTheLastThirtyDaysUnlessSaidOtherwise) {
  EXPECT_EQ(report_span({}, {}, kNow)->from, kNow - days(30));
  EXPECT_EQ(report_span({}, {}, kNow)->to, kNow);
  EXPECT_EQ(report_span({}, kNow - days(9), kNow)->from, kNow - days(39));
  EXPECT_EQ(report_span(kNow - days(2), {}, kNow)->to, kNow);
}

std::string refused(const Result<Span>& span) {
  return span ? "nothing" : span.error().fields.at(0).pointer;
}

TEST(Spans, AreInYearsThatCanBeWritten) {
  for (const auto end : {kEarliest - std::chrono::microseconds(1), kLatest, Timestamp::min()}) {
    EXPECT_EQ(refused(export_span({}, end)), "to");
    EXPECT_EQ(refused(export_span(end, {})), "from");
    EXPECT_EQ(refused(report_span({}, end, kNow)), "to");
  }
  EXPECT_TRUE(report_span({}, kEarliest, kNow));
  EXPECT_TRUE(export_span(kEarliest, kLatest - std::chrono::microseconds(1)));
}

TEST(ReportSpan, IsBounded) {
  EXPECT_TRUE(report_span(kNow - kLongestReport, {}, kNow));
  EXPECT_FALSE(report_span(kNow - kLongestReport - days(1), {}, kNow));
  EXPECT_FALSE(report_span(kNow + days(1), {}, kNow)) << "begins after now";
}

}  // namespace
}  // namespace souk::reports
