#include "webhooks/circuit.h"

#include <gtest/gtest.h>

namespace souk::webhooks {
namespace {

using namespace std::chrono_literals;

class CircuitTest : public testing::Test {
 protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(circuit_.admit(now_));
      circuit_.failed(now_);
    }
  }

  Config config_{.breaker_threshold = 3, .min_pause = 1s, .max_pause = 8s};
  SeededRandom random_{1};
  Circuit circuit_{config_, random_};
  Circuit::Time now_ = Circuit::Time{} + 1h;
};

TEST_F(CircuitTest, LeavesAnEndpointAloneAfterFailuresInARow) {
  fail(2);
  circuit_.succeeded();
  fail(3);
  EXPECT_TRUE(circuit_.open());
  EXPECT_FALSE(circuit_.admit(now_));
}

TEST_F(CircuitTest, LetsOneThroughToSeeWhetherItIsBack) {
  fail(3);
  now_ += 1s;
  EXPECT_TRUE(circuit_.admit(now_));
  EXPECT_FALSE(circuit_.admit(now_)) << "one is enough";
  circuit_.succeeded();
  EXPECT_TRUE(circuit_.admit(now_));
  EXPECT_TRUE(circuit_.admit(now_));
}

TEST_F(CircuitTest, WaitsLongerEachTimeItIsNot) {
  fail(3);
  now_ += 1s;
  fail(1);
  EXPECT_FALSE(circuit_.admit(now_ + 999ms));
  EXPECT_TRUE(circuit_.admit(now_ + 2s));
}

TEST_F(CircuitTest, WhatWasUnderWayWhenItOpenedMovesNothing) {
  fail(3);
  circuit_.failed(now_ + 500ms);
  EXPECT_TRUE(circuit_.admit(now_ + 1s));
}

}  // namespace
}  // namespace souk::webhooks
