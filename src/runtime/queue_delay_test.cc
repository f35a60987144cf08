#include "runtime/queue_delay.h"

#include <gtest/gtest.h>

namespace souk::runtime {
namespace {

using namespace std::chrono_literals;

class QueueDelayTest : public ::testing::Test {
 protected:
  // Items that wait so long are served for so long, one each millisecond.
  void serve(QueueDelay::Duration waited, QueueDelay::Duration lasting) {
    for (const auto end = now_ + lasting; now_ < end; now_ += 1ms) delay_.observe(waited, now_);
  }
  QueueDelay::Duration standing() const { return delay_.standing(now_); }

  QueueDelay delay_{100ms};
  QueueDelay::Time now_{1h};
};

TEST_F(QueueDelayTest, ABurstThatIsServedWithinAnIntervalIsNoStandingQueue) {
  serve(0ms, 300ms);
  serve(80ms, 90ms);
  EXPECT_EQ(standing(), 0ms);
}

TEST_F(QueueDelayTest, WhatWaitsForAWholeIntervalStands) {
  serve(0ms, 300ms);
  serve(50ms, 250ms);
  EXPECT_EQ(standing(), 50ms);
}

TEST_F(QueueDelayTest, OneItemThatDidNotWaitEndsIt) {
  serve(50ms, 400ms);
  delay_.observe(1ms, now_);
  EXPECT_EQ(standing(), 1ms);
}

TEST_F(QueueDelayTest, AnEmptyQueueHasNoDelayHoweverLongItsLastItemsWaited) {
  serve(50ms, 400ms);
  now_ += 250ms;
  EXPECT_EQ(standing(), 0ms);
}

TEST_F(QueueDelayTest, AQueueThatServesNobodyStandsForAsLongAsThat) {
  QueueDelay::Stay stay(delay_, now_);
  now_ += 99ms;
  EXPECT_EQ(standing(), 0ms);
  now_ += 101ms;
  EXPECT_EQ(standing(), 200ms);
  EXPECT_EQ(delay_.latest(now_), 200ms);
}

TEST_F(QueueDelayTest, WhoeverGivesUpLeavesTheQueueEmpty) {
  {
    const QueueDelay::Stay stay(delay_, now_);
    now_ += 200ms;
  }
  EXPECT_EQ(standing(), 0ms);
  EXPECT_EQ(delay_.latest(now_), 0ms);
}

}  // namespace
}  // namespace souk::runtime
