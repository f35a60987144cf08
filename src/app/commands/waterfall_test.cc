#include "app/commands/waterfall.h"

#include <gtest/gtest.h>

namespace souk::app {
namespace {

constexpr std::string_view kTraces =
    R"({"traces":[{"id":"018f2e6a-0000-7000-8000-0000000000ff","traceId":"ab","spanId":"cd",)"
    R"("kind":"request","name":"GET /api/things","kept":"slow","status":200,)"
    R"("startedAt":"2026-01-02T03:04:05.000006Z","durationMicros":1000000,"leftOut":2,"spans":[)"
    R"({"depth":0,"kind":"handler","name":"handler","startMicros":100000,"durationMicros":900000,)"
    R"("waitedMicros":0,"failed":false},)"
    R"({"depth":1,"kind":"statement","name":"find","startMicros":500000,"durationMicros":500000,)"
    R"("waitedMicros":250000,"rows":3,"failed":true}]}]})";

TEST(Waterfall, ShowsWhenEachSpanBeganHowLongItWaitedAndHowLongItTook) {
  EXPECT_EQ(waterfalls(kTraces, 20 + 20 + 27 - 2),
            "GET /api/things, 200, slow, 1000.000 ms, 2026-01-02T03:04:05.000006Z\n"
            "request 018f2e6a-0000-7000-8000-0000000000ff  trace ab\n"
            "request            |====================|      0.000 +  1000.000 ms\n"
            "  handler          |  ==================|    100.000 +   900.000 ms\n"
            "    statement find |          .....=====|    500.000 +   500.000 ms 3 rows waited "
            "250.000 FAILED\n"
            "and 2 more spans, left out\n");
}

TEST(Waterfall, AListHasOneLineForEachTrace) {
  EXPECT_EQ(trace_list(kTraces),
            "2026-01-02T03:04:05.000006Z  018f2e6a-0000-7000-8000-0000000000ff    1000.000 ms  "
            "GET /api/things, 200, slow\n");
  EXPECT_EQ(trace_list(R"({"traces":[]})"), "nothing slow and nothing failed since the start\n");
}

}  // namespace
}  // namespace souk::app
