#include "runtime/repeat.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "runtime/scope.h"

namespace souk::runtime {
namespace {

using namespace std::chrono_literals;

struct Reports {
  void failed(const std::exception&) { ++failures; }
  void succeeded() { ++successes; }
  int failures = 0;
  int successes = 0;
};

class RepeatTest : public testing::Test {
 protected:
  // What each round does, by its number from 1; false where it tries nothing.
  using Round = std::function<bool(int)>;

  // Ends when a round stops it.
  void run(Schedule schedule, const Round& round) {
    loop_.run_until_done(
        repeat(stopped_, schedule, reports_, [&] { return begin(++rounds_, round); }));
  }
  void stop() {
    stopped_.set();
    wake_.set();
  }

  Loop loop_;
  Event stopped_{loop_};
  Event wake_{loop_};
  Reports reports_;
  int rounds_ = 0;

 private:
  static Task<bool> begin(int number, const Round& round) { co_return round(number); }
};

TEST_F(RepeatTest, AFailureIsReportedAndTriedAgainAfterItsOwnPause) {
  run({.interval = 1h, .after_failure = 1ms, .at_once = true}, [&](int round) {
    if (round <= 2) throw std::runtime_error("away");
    stop();
    return true;
  });
  EXPECT_EQ(rounds_, 3);
  EXPECT_EQ(reports_.failures, 2);
  EXPECT_EQ(reports_.successes, 1);
}

TEST_F(RepeatTest, TheFirstRoundWaitsForAnIntervalUnlessItIsToBeginAtOnce) {
  Scope scope(loop_);
  scope.spawn(repeat(stopped_, {.interval = 1h}, reports_,
                     [this]() -> Task<void> { return loop_.sleep(++rounds_ * 1h); }));
  stop();
  loop_.run_until_done(scope.join());
  EXPECT_EQ(rounds_, 0);
}

TEST_F(RepeatTest, AnIntervalEndsEarlyWhenSomethingWakesIt) {
  run({.interval = 1h, .at_once = true, .wake = &wake_}, [&](int round) {
    round < 3 ? wake_.set() : stop();
    return true;
  });
  EXPECT_EQ(rounds_, 3);
}

TEST_F(RepeatTest, AWakeUpDoesNotEndThePauseAfterAFailure) {
  std::chrono::steady_clock::time_point failed_at{};
  run({.interval = 1h, .after_failure = 50ms, .at_once = true, .wake = &wake_}, [&](int round) {
    if (round == 1) {
      failed_at = std::chrono::steady_clock::now();
      wake_.set();
      throw std::runtime_error("away");
    }
    EXPECT_GE(std::chrono::steady_clock::now() - failed_at, 50ms);
    stop();
    return true;
  });
  EXPECT_EQ(rounds_, 2);
}

TEST_F(RepeatTest, ARoundThatTriesNothingIsNoSuccess) {
  run({.interval = 1ms}, [&](int round) {
    if (round == 1) throw std::runtime_error("away");
    if (round == 3) stop();
    return false;
  });
  EXPECT_EQ(reports_.failures, 1);
  EXPECT_EQ(reports_.successes, 0);
}

TEST_F(RepeatTest, WhatFailsBecauseItIsStoppedIsNotReported) {
  run({.interval = 1ms}, [&](int) -> bool {
    stop();
    throw std::runtime_error("the pool is closed");
  });
  EXPECT_EQ(reports_.failures, 0);
}

}  // namespace
}  // namespace souk::runtime
