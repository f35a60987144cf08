#include "runtime/breaker.h"

#include <gtest/gtest.h>

namespace souk::runtime {
namespace {

using namespace std::chrono_literals;

TEST(Breaker, OpensAfterFailuresInARowOnly) {
  Breaker breaker(3);
  EXPECT_FALSE(breaker.failed());
  EXPECT_FALSE(breaker.failed());
  breaker.succeeded();
  EXPECT_FALSE(breaker.failed());
  EXPECT_FALSE(breaker.failed());
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.failed());
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.failed()) << "it opens once";
}

TEST(Breaker, IsClosedByAProbeOnly) {
  Breaker breaker(1);
  breaker.failed();
  breaker.succeeded();
  EXPECT_TRUE(breaker.open());
  breaker.close();
  EXPECT_FALSE(breaker.open());
}

TEST(Backoff, DoublesToItsMaximumWithinTheUpperHalf) {
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
}  // namespace souk::runtime
