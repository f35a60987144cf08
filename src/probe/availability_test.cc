#include "probe/availability.h"

#include <gtest/gtest.h>

namespace souk::probe {
namespace {

using namespace std::chrono_literals;

constexpr Time at(Length length) { return Time(1h) + length; }

TEST(Availability, AnOutageLastsFromItsFirstFailureToTheNextSuccess) {
  Availability shop(at(0s));
  EXPECT_FALSE(shop.succeeded(at(1s)));
  EXPECT_TRUE(shop.failed(at(2s), "refused"));
  EXPECT_FALSE(shop.failed(at(3s), "timeout"));
  const auto ended = shop.succeeded(at(5s));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->begun, at(2s));
  EXPECT_EQ(ended->length, 3s);
  EXPECT_EQ(ended->reason, "refused");
  shop.end(at(10s));
  EXPECT_EQ(shop.probes(), 4u);
  EXPECT_EQ(shop.failures(), 2u);
  EXPECT_EQ(shop.outages(), 1u);
  EXPECT_EQ(shop.watched(), 10s);
  EXPECT_EQ(shop.down(), 3s);
  EXPECT_DOUBLE_EQ(shop.share().value(), 0.7);
}

TEST(Availability, ARunThatEndsInAnOutageCountsItToTheEnd) {
  Availability shop(at(0s));
  shop.failed(at(0s), "refused");
  shop.succeeded(at(1s));
  shop.failed(at(6s), "refused");
  shop.end(at(8s));
  EXPECT_EQ(shop.outages(), 2u);
  EXPECT_EQ(shop.longest(), 2s);
  EXPECT_EQ(shop.kept().back().length, 2s);
  EXPECT_DOUBLE_EQ(shop.share().value(), 5.0 / 8);
}

TEST(Availability, NothingIsSaidBeforeTimeHasPassed) {
  Availability shop(at(0s));
  shop.succeeded(at(0s));
  EXPECT_FALSE(shop.share());
}

TEST(Availability, OutagesBeyondTheLimitAreCountedOnly) {
  Availability shop(at(0s));
  auto time = at(0s);
  for (std::size_t i = 0; i <= kOutagesKeptMax; ++i) {
    shop.failed(time += 1s, "refused");
    shop.succeeded(time += 1s);
  }
  EXPECT_EQ(shop.kept().size(), kOutagesKeptMax);
  EXPECT_EQ(shop.outages(), kOutagesKeptMax + 1);
  EXPECT_EQ(shop.down(), 1s * (kOutagesKeptMax + 1));
}

}  // namespace
}  // namespace souk::probe
