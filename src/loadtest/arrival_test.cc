#include "loadtest/arrival.h"

#include <gtest/gtest.h>

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{1h};

TEST(Think, HasItsMeanAndABound) {
  SeededRandom random(3);
  std::chrono::nanoseconds sum{0};
  std::chrono::nanoseconds longest{0};
  for (int i = 0; i < 100'000; ++i) {
    const auto pause = think(1s, random);
    sum += pause;
    longest = std::max(longest, pause);
  }
  EXPECT_NEAR(static_cast<double>(sum.count()) / 100'000, 1e9, 1e7);
  EXPECT_LE(longest, 10s);
  EXPECT_EQ(think(0s, random), 0s);
}

TEST(ArrivalSchedule, ConstantSpacingIsExactAndThreadsInterleave) {
  const auto shape = LoadShape::ramp_and_hold(2'000, 0s, 1s);
  ArrivalSchedule first(kStart, shape, 0.5, Spacing::kConstant, 0, 1);
  ArrivalSchedule second(kStart, shape, 0.5, Spacing::kConstant, 0.5, 1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(first.next(), kStart + i * 1ms);
    EXPECT_EQ(second.next(), kStart + i * 1ms + 500us);
  }
}

int arrivals_within(Spacing spacing, std::chrono::nanoseconds ramp_up, std::chrono::seconds time) {
  ArrivalSchedule arrivals(kStart, LoadShape::ramp_and_hold(1'000, ramp_up, 200s), 1, spacing, 0,
                           5);
  int n = 0;
  while (arrivals.next() < kStart + time) ++n;
  return n;
}

TEST(ArrivalSchedule, KeepsItsRate) {
  EXPECT_NEAR(arrivals_within(Spacing::kPoisson, 0s, 100s), 100'000, 1'500);
  EXPECT_EQ(arrivals_within(Spacing::kConstant, 0s, 100s), 100'000);
}

TEST(ArrivalSchedule, SendsHalfAsMuchDuringTheRampUp) {
  EXPECT_NEAR(arrivals_within(Spacing::kConstant, 10s, 10s), 5'000, 1);
  EXPECT_NEAR(arrivals_within(Spacing::kConstant, 10s, 5s), 1'250, 1);
  EXPECT_NEAR(arrivals_within(Spacing::kPoisson, 10s, 20s), 15'000, 500);
}

TEST(ArrivalSchedule, EndsWithItsShape) {
  ArrivalSchedule arrivals(kStart, LoadShape({{1s, 2, 2}}), 1, Spacing::kConstant, 0, 1);
  EXPECT_EQ(arrivals.next(), kStart);
  EXPECT_EQ(arrivals.next(), kStart + 500ms);
  EXPECT_EQ(arrivals.next(), SteadyTime::max());
}

}  // namespace
}  // namespace souk::loadtest
