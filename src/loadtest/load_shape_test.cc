#include "loadtest/load_shape.h"

#include <gtest/gtest.h>

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

// Up to 100 in 10 s, 100 for 10 s, 500 for 5 s, and 100 again for 5 s.
const LoadShape kSpike({{10s, 0, 100}, {10s, 100, 100}, {5s, 500, 500}, {5s, 100, 100}});

TEST(LoadShape, IsLinearWithinAStageAndZeroOutsideTheRun) {
  EXPECT_EQ(kSpike.duration(), 30s);
  EXPECT_EQ(kSpike.peak(), 500);
  EXPECT_DOUBLE_EQ(kSpike.level(2500ms), 25);
  EXPECT_DOUBLE_EQ(kSpike.level(10s), 100);
  EXPECT_DOUBLE_EQ(kSpike.level(20s), 500);
  EXPECT_DOUBLE_EQ(kSpike.level(25s), 100);
  EXPECT_EQ(kSpike.level(30s), 0);
  EXPECT_EQ(kSpike.level(-1s), 0);
}

TEST(LoadShape, HasAMeanFromAnyTimeOn) {
  EXPECT_DOUBLE_EQ(kSpike.mean(0s), (500 + 1000 + 2500 + 500) / 30.0);
  EXPECT_DOUBLE_EQ(kSpike.mean(5s), (375 + 1000 + 2500 + 500) / 25.0);
  EXPECT_DOUBLE_EQ(kSpike.mean(25s), 100);
  EXPECT_EQ(kSpike.mean(30s), 0);
}

TEST(LoadShape, SaysWhenALevelIsExceeded) {
  EXPECT_EQ(kSpike.when_above(0, 0s), 1ns);
  EXPECT_EQ(kSpike.when_above(50, 0s), 5s + 1ns);
  EXPECT_EQ(kSpike.when_above(50, 7s), 7s);
  EXPECT_EQ(kSpike.when_above(100, 0s), 20s) << "level with the hold, below the spike";
  EXPECT_EQ(kSpike.when_above(100, 25s), std::nullopt);
  EXPECT_EQ(kSpike.when_above(500, 0s), std::nullopt);
}

TEST(LoadShape, PlacesEveryArrivalWhereTheIntegralReachesIt) {
  EXPECT_EQ(kSpike.when_arrived(0), 0s);
  EXPECT_EQ(kSpike.when_arrived(125), 5s) << "a quarter of the ramp's 500";
  EXPECT_EQ(kSpike.when_arrived(600), 11s);
  EXPECT_EQ(kSpike.when_arrived(1500 + 2000), 24s);
  EXPECT_EQ(kSpike.when_arrived(1500 + 2500 + 500), std::nullopt);
  const LoadShape falls({{10s, 100, 0}});
  EXPECT_EQ(falls.when_arrived(375), 5s) << "three quarters in the first half";
}

TEST(LoadShape, ScaledKeepsItsForm) {
  const auto small = kSpike.scaled(50, 3s);
  EXPECT_EQ(small.duration(), 3s);
  EXPECT_DOUBLE_EQ(small.peak(), 50);
  EXPECT_DOUBLE_EQ(small.level(500ms), 5);
  EXPECT_DOUBLE_EQ(small.level(2s), 50);
}

}  // namespace
}  // namespace souk::loadtest
