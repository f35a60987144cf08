#include "capacity/resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::capacity {
namespace {

using testing::HasSubstr;

// A machine on which nothing is used up.
Usage idle() {
  return {.machine = 1,
          .shop = 0.4,
          .postgres = 0.3,
          .redis = 0.05,
          .generator = 0.2,
          .cores = 4,
          .workers = 2,
          .generator_threads = 1,
          .active = 0.5,
          .waiting_for_locks = 0.1,
          .waiting_for_disk = 0.2,
          .loop_delay = 0.0001,
          .connection_wait = 0.0001,
          .latency = 0.002};
}

TEST(Binding, NothingBindsAnIdleMachine) {
  EXPECT_EQ(binding(idle()).resource, Resource::kNone);
  EXPECT_THAT(explain(binding(idle()), idle()), HasSubstr("nothing"));
}

TEST(Binding, EachProcessorIsNamedWhenItIsBusy) {
  auto usage = idle();
  usage.shop = 1.8;
  EXPECT_EQ(binding(usage).resource, Resource::kShopCpu);
  EXPECT_NEAR(binding(usage).share, 0.9, 1e-12);
  usage = idle();
  usage.generator = 0.95;
  EXPECT_EQ(binding(usage).resource, Resource::kGeneratorCpu);
  usage = idle();
  usage.redis = 0.9;
  EXPECT_EQ(binding(usage).resource, Resource::kRedisCpu);
  usage = idle();
  usage.machine = 3.8;
  EXPECT_EQ(binding(usage).resource, Resource::kMachineCpu);
  EXPECT_THAT(explain(binding(usage), usage), HasSubstr("95 % of 4 cores"));
}

TEST(Binding, ABusyProcessorComesBeforeTheWaitsThatItCauses) {
  auto usage = idle();
  usage.machine = 3.6;
  usage.loop_delay = 0.002;
  EXPECT_EQ(binding(usage).resource, Resource::kMachineCpu);
}

TEST(Binding, WithoutABusyProcessorTheLongestWaitIsNamed) {
  auto usage = idle();
  usage.active = 10;
  usage.waiting_for_locks = 8;
  usage.connection_wait = 0.0011;
  EXPECT_EQ(binding(usage).resource, Resource::kLocks);
  usage.waiting_for_locks = 1;
  usage.waiting_for_disk = 6;
  EXPECT_EQ(binding(usage).resource, Resource::kDisk);
  usage.waiting_for_disk = 0;
  EXPECT_EQ(binding(usage).resource, Resource::kConnections);
  usage.connection_wait = 0;
  usage.waiting_for_latches = 7;
  EXPECT_EQ(binding(usage).resource, Resource::kLatches);
  usage.waiting_for_latches = 0;
  usage.loop_delay = 0.0015;
  EXPECT_EQ(binding(usage).resource, Resource::kLoop);
}

TEST(Binding, AWaitOfOneOfFewSessionsIsNoneOfTheTimeThatNobodyWorks) {
  auto usage = idle();
  usage.active = 0.1;
  usage.waiting_for_disk = 0.1;
  EXPECT_EQ(binding(usage).resource, Resource::kNone);
}

}  // namespace
}  // namespace souk::capacity
