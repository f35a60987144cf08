#include "admission/controller.h"

#include <gtest/gtest.h>

#include "runtime/test_until.h"

namespace souk::admission {
namespace {

using namespace std::chrono_literals;
using http::Priority;

http::Route route(Priority priority) {
  return {.method = http::Method::kPost, .path = "/", .priority = priority};
}

// Of the worker's queue.
Duration targets(double count) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(0.005 * count));
}

class ControllerTest : public ::testing::Test {
 protected:
  using Delays = Controller::Delays;

  // Requests of one kind that lay unread for so long, one each millisecond; the share that is shed.
  double shed_share(const http::Route& asked, Duration waited, Duration lasting = 300ms) {
    int all = 0;
    int shed = 0;
    for (const auto end = now_ + lasting; now_ < end; now_ += 1ms) {
      ++all;
      if (controller_.judge(asked, waited, now_) == Verdict::kShed) ++shed;
    }
    return static_cast<double>(shed) / all;
  }
  double shed_share(Priority priority, Duration waited) {
    return shed_share(route(priority), waited);
  }

  telemetry::Registry registry_;
  runtime::Loop loop_;
  Duration database_{};  // the delay of its queue
  Duration loads_{};
  Controller controller_{loop_,
                         {.loop_target = 5ms, .database_target = 10ms, .orders_target = 100ms},
                         {{"database", [this](Time) { return database_; }, 10ms, Delays::kUncached},
                          {"loads", [this](Time) { return loads_; }, 10ms, Delays::kLoads}},
                         registry_,
                         0};
  Time now_{1h};
};

TEST_F(ControllerTest, TheLessImportantIsShedAtTheLesserDelay) {
  const std::array cheapest_first = {Priority::kExport,  Priority::kList, Priority::kBrowse,
                                     Priority::kAccount, Priority::kHold, Priority::kOrder,
                                     Priority::kPayment};
  double last = 0;
  for (const auto priority : cheapest_first) {
    EXPECT_GT(tolerance(priority), last);
    last = tolerance(priority);
    shed_share(priority, 1s);  // overload
    EXPECT_EQ(shed_share(priority, targets(last)), 0);
    EXPECT_GT(shed_share(priority, targets(last + 1.1)), 0.95);
  }
}

TEST_F(ControllerTest, OperatorsAndProbesAreServedWhateverTheDelay) {
  EXPECT_EQ(shed_share(Priority::kOperator, 10s), 0);
}

TEST_F(ControllerTest, AShareIsShedBetweenNoneAndAll) {
  shed_share(Priority::kOrder, 1s);
  EXPECT_NEAR(shed_share(Priority::kOrder, targets(tolerance(Priority::kOrder) + 0.4)), 0.4, 0.02);
}

TEST_F(ControllerTest, ABurstIsServed) {
  shed_share(Priority::kExport, 1us);
  EXPECT_EQ(shed_share(route(Priority::kExport), 90ms, 90ms), 0);
}

TEST_F(ControllerTest, WhatWaitedForAPausedWorkerIsServed) {
  shed_share(Priority::kList, targets(tolerance(Priority::kList) + 0.5));  // overload
  now_ += 80ms;                                                            // a pause
  EXPECT_EQ(controller_.judge(route(Priority::kOrder), 90ms, now_), Verdict::kServed);
  EXPECT_EQ(controller_.judge(route(Priority::kOrder), 150ms, now_), Verdict::kShed);
}

TEST_F(ControllerTest, NothingIsShedOnceRequestsAreReadAtOnceAgain) {
  EXPECT_GT(shed_share(Priority::kExport, 100ms), 0.5);
  EXPECT_EQ(shed_share(Priority::kExport, 1ms), 0);
}

TEST_F(ControllerTest, ARequestWhoseWaitIsUnknownIsJudgedAsTheLastAndEndsNoOverload) {
  shed_share(Priority::kExport, 100ms);
  int shed = 0;
  for (int i = 0; i < 200; ++i, now_ += 1ms) {
    EXPECT_EQ(controller_.judge(route(Priority::kExport), 0ms, now_), Verdict::kShed);
    if (controller_.judge(route(Priority::kExport), 100ms, now_) == Verdict::kShed) ++shed;
  }
  EXPECT_EQ(shed, 200);
}

TEST_F(ControllerTest, PublicReadsAreRestrictedToTheCacheBeforeTheyAreShed) {
  auto list = route(Priority::kList);
  list.method = http::Method::kGet;
  shed_share(list, 1s);
  EXPECT_EQ(controller_.judge(list, targets(tolerance(Priority::kList) + 1.1), now_),
            Verdict::kCachedOnly);
  EXPECT_EQ(controller_.judge(list, targets(tolerance(Priority::kList, true) + 1.1), now_),
            Verdict::kShed);
}

TEST_F(ControllerTest, ASlowDatabaseRestrictsPublicReadsToTheCacheAndShedsTheOthers) {
  auto list = route(Priority::kList);
  list.method = http::Method::kGet;
  shed_share(list, 0ms);
  database_ = 500ms;
  EXPECT_EQ(controller_.judge(list, 0ms, now_), Verdict::kCachedOnly);
  EXPECT_EQ(controller_.judge(route(Priority::kAccount), 0ms, now_), Verdict::kShed);
}

TEST_F(ControllerTest, DelaysAreMeasuredWithoutAnythingShed) {
  const auto is_told = [this] {
    Buffer page;
    registry_.render(page);
    return page.view().contains(
        "\nsouk_admission_delay_seconds{queue=\"database\",worker=\"0\"} 0.015\n");
  };
  database_ = 15ms;
  EXPECT_EQ(shed_share(Priority::kOrder, 1us), 0);
  loop_.run_until_done(runtime::until(loop_, is_told));
}

TEST_F(ControllerTest, WhereLoadsWaitReadsAreRestrictedToTheCacheAndNothingElseIs) {
  auto list = route(Priority::kList);
  list.method = http::Method::kGet;
  shed_share(list, 1us);
  loads_ = 50ms;
  EXPECT_EQ(controller_.judge(list, 1us, now_), Verdict::kCachedOnly);
  EXPECT_EQ(controller_.judge(route(Priority::kAccount), 1us, now_), Verdict::kServed);
}

}  // namespace
}  // namespace souk::admission
