#include "base/backoff.h"

#include <gtest/gtest.h>

namespace souk {
namespace {

using namespace std::chrono_literals;

TEST(ExponentialBackoff, DoublesUpToItsMaximum) {
  for (const auto& [failures, delay] : {std::pair(1, 1s), std::pair(2, 2s), std::pair(5, 16s),
                                        std::pair(6, 32s), std::pair(7, 60s), std::pair(99, 60s)}) {
    EXPECT_EQ(exponential_backoff(1s, 60s, failures), delay) << failures;
  }
}

TEST(ExponentialBackoff, DoesNotOverflow) {
  constexpr auto kMax = std::chrono::nanoseconds::max();
  EXPECT_EQ(exponential_backoff(3ns, kMax, INT32_MAX), kMax);
  EXPECT_EQ(exponential_backoff(0ns, kMax, INT32_MAX), 0ns);
}

TEST(Jitter, IsTheUpperHalf) {
  EXPECT_EQ(with_jitter(1'000ms, 0), 500ms);
  EXPECT_EQ(with_jitter(1'000ms, 500), 1'000ms);
  EXPECT_EQ(with_jitter(1'000ms, 501), 500ms);
  EXPECT_EQ(with_jitter(1ms, 1), 1ms);
  EXPECT_EQ(with_jitter(0ms, 7), 0ms);
}

TEST(Backoff, BeginsAnewWhenItIsReset) {
  SeededRandom random(7);
  Backoff backoff(random, 50ms, 1'000ms);
  for (int round = 0; round < 100; ++round) {
    backoff.reset();
    for (const auto full : {50ms, 100ms, 200ms, 400ms, 800ms, 1'000ms, 1'000ms}) {
      const auto delay = backoff.next();
      EXPECT_LE(delay, full);
      EXPECT_GE(delay, full / 2);
    }
  }
}

}  // namespace
}  // namespace souk
