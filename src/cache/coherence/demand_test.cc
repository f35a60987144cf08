#include "cache/coherence/demand.h"

#include <gtest/gtest.h>

namespace souk::cache {
namespace {

class DemandTest : public testing::Test {
 protected:
  struct Request final : Demand::Waiter {
    void on_look() override { ++looks; }
    int looks = 0;
  };
  // As a follower whose first look has ended.
  void follow() {
    demand_.begin([this] { ++wakes_; });
    demand_.looked();
  }

  Demand demand_;
  int wakes_ = 0;
  std::shared_ptr<Request> request_ = std::make_shared<Request>();
};

TEST_F(DemandTest, ARestIsEndedByTheFirstWhoAsks) {
  follow();
  ASSERT_TRUE(demand_.rest());
  EXPECT_EQ(wakes_, 0);
  demand_.note();
  demand_.note();
  EXPECT_EQ(wakes_, 1);
  demand_.looked();
  EXPECT_TRUE(demand_.take());
  EXPECT_FALSE(demand_.take());
  ASSERT_TRUE(demand_.rest());
  demand_.note();
  EXPECT_EQ(wakes_, 2);
}

TEST_F(DemandTest, WhoAsksWhileTheFollowerIsAwakeWakesNobodyAndPreventsItsRest) {
  follow();
  demand_.note();
  EXPECT_EQ(wakes_, 0);
  EXPECT_FALSE(demand_.rest());
  EXPECT_TRUE(demand_.take());
  EXPECT_TRUE(demand_.rest());
}

TEST_F(DemandTest, ALookIsAwaitedOnlyDuringARest) {
  EXPECT_FALSE(demand_.await_look(request_)) << "there is no follower";
  follow();
  EXPECT_FALSE(demand_.await_look(request_));
  ASSERT_TRUE(demand_.rest());
  demand_.note();
  EXPECT_TRUE(demand_.await_look(request_)) << "it was woken, and has not looked yet";
  demand_.looked();
  EXPECT_EQ(request_->looks, 1);
  demand_.looked();
  EXPECT_EQ(request_->looks, 1) << "told once";
  EXPECT_FALSE(demand_.await_look(request_));
}

TEST_F(DemandTest, TheFirstLookIsAwaitedToo) {
  demand_.begin([] {});
  EXPECT_TRUE(demand_.await_look(request_));
  demand_.looked();
  EXPECT_EQ(request_->looks, 1);
}

TEST_F(DemandTest, AFollowerThatEndsLetsNobodyWait) {
  follow();
  ASSERT_TRUE(demand_.rest());
  EXPECT_TRUE(demand_.await_look(request_));
  demand_.end();
  EXPECT_EQ(request_->looks, 1);
  EXPECT_FALSE(demand_.rest());
  EXPECT_FALSE(demand_.await_look(request_));
  demand_.note();
  EXPECT_EQ(wakes_, 0);
}

TEST_F(DemandTest, AWorkerThatHasEndedIsNotTold) {
  follow();
  ASSERT_TRUE(demand_.rest());
  EXPECT_TRUE(demand_.await_look(request_));
  request_.reset();
  demand_.looked();
}

}  // namespace
}  // namespace souk::cache
