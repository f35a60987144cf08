#include "admission/token_buckets.h"

#include <gtest/gtest.h>

#include <string>

namespace souk::admission {
namespace {

using namespace std::chrono_literals;

constexpr Rate kTenASecond{.tokens = 10, .window = 1s};

class TokenBucketsTest : public ::testing::Test {
 protected:
  int take_all(std::string_view key) {
    int taken = 0;
    while (buckets_.take(key, kTenASecond, now_).taken) ++taken;
    return taken;
  }

  TokenBuckets buckets_;
  TokenBuckets::Time now_{1h};
};

TEST_F(TokenBucketsTest, HoldAWindowsTokensAndGetThemBackOneByOne) {
  EXPECT_EQ(take_all("a"), 10);
  now_ += 99ms;
  EXPECT_EQ(take_all("a"), 0);
  now_ += 1ms;
  EXPECT_EQ(take_all("a"), 1);
  now_ += 1h;
  EXPECT_EQ(take_all("a"), 10);
}

TEST_F(TokenBucketsTest, TellWhatIsLeftAndForHowLongToWait) {
  EXPECT_EQ(buckets_.look("a", kTenASecond, now_).left, 10U);
  const auto first = buckets_.take("a", kTenASecond, now_);
  EXPECT_EQ(first.left, 9U);
  EXPECT_EQ(first.until_full, 100ms);
  EXPECT_EQ(first.until_next, 0ms);
  take_all("a");
  now_ += 40ms;
  const auto refused = buckets_.take("a", kTenASecond, now_);
  EXPECT_FALSE(refused.taken);
  EXPECT_EQ(refused.until_next, 60ms);
}

TEST_F(TokenBucketsTest, OneClientsTokensAreNotAnothers) {
  take_all("a");
  EXPECT_EQ(take_all("b"), 10);
}

TEST_F(TokenBucketsTest, WhatOtherNodesTookIsMissing) {
  buckets_.set_full_at("a", now_ + 700ms, now_);
  EXPECT_EQ(take_all("a"), 3);
  buckets_.set_full_at("a", now_, now_);  // older news
  EXPECT_EQ(take_all("a"), 0);
}

TEST_F(TokenBucketsTest, AFloodOfClientsEvictsThoseWhoTookLeast) {
  take_all("attacker");
  bool evicted = false;
  for (int i = 0; i < 200'000; ++i) {
    evicted = buckets_.take(std::to_string(i), kTenASecond, now_).evicted || evicted;
  }
  EXPECT_TRUE(evicted);
  EXPECT_EQ(take_all("attacker"), 0);
}

}  // namespace
}  // namespace souk::admission
