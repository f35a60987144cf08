#include "base/followed_clock.h"

#include <gtest/gtest.h>

namespace souk {
namespace {

using namespace std::chrono_literals;

class FollowedClockTest : public testing::Test {
 protected:
  // Observes the other clock, `skew` off this node's, `after` the beginning.
  std::optional<FollowedClock::Offset> observe(FollowedClock::Offset skew,
                                               std::chrono::seconds after,
                                               std::chrono::milliseconds took = 0ms) {
    return clock_.observe(begin_ + after, other(skew, after), begin_ + after + took);
  }
  Timestamp other(FollowedClock::Offset skew, std::chrono::seconds after) const {
    return own_.now() + skew + after;
  }

  const ManualClock own_{Timestamp(1'800'000'000s)};
  FollowedClock clock_{own_};
  const FollowedClock::Steady begin_ = std::chrono::steady_clock::now();
};

TEST_F(FollowedClockTest, ItShowsTheOthersTimeHoweverWrongItsOwnIs) {
  observe(-24h, 0s);
  EXPECT_EQ(clock_.at(begin_ + 10s), other(-24h, 10s));
  EXPECT_LT(clock_.now(), own_.now());
}

TEST_F(FollowedClockTest, ASlowAnswerDoesNotDisturbIt) {
  observe(0s, 0s);
  observe(1s, 10s, 2'000ms);  // it was read between the two moments
  EXPECT_EQ(clock_.at(begin_ + 20s), other(0s, 20s));
  observe(-1s, 30s);
  EXPECT_EQ(clock_.at(begin_ + 40s), other(-1s, 40s));
}

TEST_F(FollowedClockTest, TwoClocksThatAgreeAreTrustedAtOnce) {
  EXPECT_FALSE(clock_.trusted(begin_)) << "nothing was observed";
  EXPECT_FALSE(observe(3s, 0s));
  EXPECT_TRUE(clock_.trusted(begin_));
}

TEST_F(FollowedClockTest, ALeapEitherWayIsFollowedAndTrustedOnlyAfterAWhile) {
  for (const auto leap : {24h * 30, -24h * 30}) {
    FollowedClock clock(own_);
    clock.observe(begin_, own_.now(), begin_);
    const auto jump = clock.observe(begin_ + 10s, other(leap, 10s), begin_ + 10s);
    ASSERT_TRUE(jump);
    EXPECT_EQ(*jump, leap);
    EXPECT_EQ(clock.at(begin_ + 20s), other(leap, 20s));
    EXPECT_FALSE(clock.trusted(begin_ + 20s));
    EXPECT_FALSE(clock.observe(begin_ + 30s, other(leap, 30s), begin_ + 30s)) << "reported once";
    EXPECT_FALSE(clock.trusted(begin_ + FollowedClock::kProbation));
    EXPECT_TRUE(clock.trusted(begin_ + 10s + FollowedClock::kProbation));
  }
}

// Either of the two clocks may be wrong.
TEST_F(FollowedClockTest, ADatabaseThatDiffersFromTheNodeAtFirstSightIsNotTrustedYet) {
  EXPECT_TRUE(observe(24h * 30, 0s));
  EXPECT_FALSE(clock_.trusted(begin_ + 1s));
  EXPECT_TRUE(clock_.trusted(begin_ + FollowedClock::kProbation));
}

}  // namespace
}  // namespace souk
