#include "http/date_cache.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

using namespace std::chrono;

TEST(DateCache, FormatsAsRfc9110DoesAndFollowsTheClock) {
  ManualClock clock(sys_days(1994y / November / 6) + 8h + 49min + 37s);
  DateCache date(clock);
  EXPECT_EQ(date.now(), "Sun, 06 Nov 1994 08:49:37 GMT");
  clock.advance(999ms);
  EXPECT_EQ(date.now(), "Sun, 06 Nov 1994 08:49:37 GMT");
  clock.advance(1ms);
  EXPECT_EQ(date.now(), "Sun, 06 Nov 1994 08:49:38 GMT");
}

}  // namespace
}  // namespace souk::http
