#include "webhooks/circuit.h"

#include <gtest/gtest.h>

namespace souk::webhooks {
namespace {

using namespace std::chrono_literals;

class CircuitTest : public testing::Test {
 protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      auto pass = circuit_.admit(now_);
      ASSERT_TRUE(pass);
      pass->failed(now_);
    }
  }

  Config config_{.breaker_threshold = 3, .min_pause = 1s, .max_pause = 8s};
  SeededRandom random_{1};
  Circuit circuit_{config_, random_};
  Circuit::Time now_ = Circuit::Time{} + 1h;
};

TEST_F(CircuitTest, LeavesAnEndpointAloneAfterFailuresInARow) {
  fail(2);
  circuit_.admit(now_)->succeeded();
  fail(3);
  EXPECT_TRUE(circuit_.open());
  EXPECT_FALSE(circuit_.admit(now_));
}

TEST_F(CircuitTest, LetsOneThroughToSeeWhetherItIsBack) {
  fail(3);
  now_ += 1s;
  auto probe = circuit_.admit(now_);
  ASSERT_TRUE(probe);
  EXPECT_FALSE(circuit_.admit(now_)) << "one is enough";
  probe->succeeded();
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
  auto early = circuit_.admit(now_);
  auto late = circuit_.admit(now_);
  fail(3);
  early->failed(now_ + 500ms);
  auto probe = circuit_.admit(now_ + 1s);
  EXPECT_TRUE(probe);
  late->failed(now_ + 1s);
  EXPECT_FALSE(circuit_.admit(now_ + 2s)) << "the probe is still under way";
}

// A probe that ended by an exception left the circuit open until Souk was restarted.
TEST_F(CircuitTest, LetsAnotherThroughWhereTheProbeWasCutOff) {
  fail(3);
  now_ += 1s;
  EXPECT_TRUE(circuit_.admit(now_));
  EXPECT_TRUE(circuit_.admit(now_));
}

}  // namespace
}  // namespace souk::webhooks
