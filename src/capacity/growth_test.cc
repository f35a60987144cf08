#include "capacity/growth.h"

#include <gtest/gtest.h>

#include <cmath>

namespace souk::capacity {
namespace {

TEST(Growth, IsCompound) {
  const auto monthly = parse_growth("5%/month");
  ASSERT_TRUE(monthly.has_value());
  EXPECT_NEAR(monthly->factor(2), 1.1025, 1e-12);
  const auto yearly = parse_growth("79.5856326%/year");  // 1.05 to the twelfth
  ASSERT_TRUE(yearly.has_value());
  EXPECT_NEAR(yearly->per_month, 0.05, 1e-9);
  const auto quarterly = parse_growth("15.7625%/quarter");  // 1.05 to the third
  ASSERT_TRUE(quarterly.has_value());
  EXPECT_NEAR(quarterly->per_month, 0.05, 1e-9);
  const auto weekly = parse_growth("1%/week");
  ASSERT_TRUE(weekly.has_value());
  EXPECT_NEAR(weekly->factor(12), std::pow(1.01, 365.2425 / 7), 1e-9);
}

TEST(Growth, AnythingElseIsRefused) {
  for (const auto* const text : {"", "5", "5%", "5/month", "5%/day", "x%/month", "-100%/year",
                                 "nan%/month", "5%/month ", "inf%/year"}) {
    EXPECT_FALSE(parse_growth(text).has_value()) << text;
  }
}

TEST(Growth, TellsWhenTheCapacityIsReached) {
  const Growth growth{0.05};
  EXPECT_NEAR(*months_until(100, 200, growth), std::log(2) / std::log(1.05), 1e-12);  // 14.2
  EXPECT_EQ(months_until(300, 200, growth), 0);
  EXPECT_FALSE(months_until(100, 200, Growth{0}).has_value());
  EXPECT_FALSE(months_until(100, 200, Growth{-0.01}).has_value());
}

TEST(Costs, OneCoreCarriesTheUsersWhoseRequestsKeepItBusy) {
  // 250 us for a request every 800 ms.
  const auto users = users_of_a_core({250e-6, 200e-6, 320e-6}, 0.8);
  EXPECT_NEAR(users.value, 3'200, 1e-6);
  EXPECT_NEAR(users.low, 2'500, 1e-6);
  EXPECT_NEAR(users.high, 4'000, 1e-6);
}

TEST(Costs, CoresFollowFromTheUsers) {
  const Costs costs{.shop_seconds = {250e-6, 0, 0},
                    .postgres_seconds = {125e-6, 0, 0},
                    .redis_seconds = {10e-6, 0, 0},
                    .cycle_seconds = 0.8};
  const auto cores = cores_for(6'400, costs);  // 8,000 requests a second
  EXPECT_NEAR(cores.shop, 2, 1e-12);
  EXPECT_NEAR(cores.postgres, 1, 1e-12);
  EXPECT_NEAR(cores.redis, 0.08, 1e-12);
}

}  // namespace
}  // namespace souk::capacity
