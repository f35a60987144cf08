#include <gtest/gtest.h>

#include <future>

#include "runtime/context.h"
#include "runtime/offload.h"
#include "runtime/scope.h"
#include "runtime/test_until.h"
#include "runtime/workers.h"

namespace souk::runtime {
namespace {

using namespace std::chrono_literals;

Task<int> answer() { co_return 42; }
Task<int> failing() {
  throw std::runtime_error("as told");
  co_return 0;
}

TEST(Task, HandsItsValueToTheAwaiter) {
  Loop loop;
  EXPECT_EQ(loop.run_until_done(answer()), 42);
}

TEST(Task, HandsItsExceptionToTheAwaiter) {
  Loop loop;
  EXPECT_THROW(loop.run_until_done(failing()), std::runtime_error);
}

Task<int> sum_of_many(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += co_await answer();
  co_return sum;
}

TEST(Task, AMillionAwaitsUseNoStack) {
  Loop loop;
  EXPECT_EQ(loop.run_until_done(sum_of_many(1'000'000)), 42'000'000);
}

Task<void> wait_and_note(Event& event, std::vector<int>& order, int id) {
  co_await event.wait();
  order.push_back(id);
}

Task<void> wakes_in_order(Loop& loop, std::vector<int>& order) {
  Event event(loop);
  Scope scope(loop);
  for (int id = 0; id < 3; ++id) scope.spawn(wait_and_note(event, order, id));
  EXPECT_EQ(scope.active(), 3u);
  event.set();
  EXPECT_TRUE(order.empty()) << "a waiter ran inside the one who woke it";
  EXPECT_TRUE(co_await scope.join());
}

TEST(Scope, JoinsWhatItSpawnedInTheOrderItWaited) {
  Loop loop;
  std::vector<int> order;
  loop.run_until_done(wakes_in_order(loop, order));
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

Task<void> spawn_failing(Loop& loop) {
  Scope scope(loop);
  scope.spawn([]() -> Task<void> { co_await failing(); }());
  co_await scope.join();
}

TEST(Scope, RethrowsTheFirstFailure) {
  Loop loop;
  EXPECT_THROW(loop.run_until_done(spawn_failing(loop)), std::runtime_error);
}

Task<bool> wait_too_long(Loop& loop) {
  Event never(loop);
  co_return co_await never.wait(1ms);
}

TEST(Event, GivesUpAfterItsBound) {
  Loop loop;
  EXPECT_FALSE(loop.run_until_done(wait_too_long(loop)));
}

struct CountingHook final : TurnEndHook {
  void at_turn_end() override { ++runs; }
  int runs = 0;
};

Task<void> queue_twice(Loop& loop, CountingHook& hook) {
  loop.at_turn_end(hook);
  loop.at_turn_end(hook);
  co_await loop.sleep(1ms);
}

TEST(Loop, RunsAHookOncePerTurn) {
  Loop loop;
  CountingHook hook;
  loop.run_until_done(queue_twice(loop, hook));
  EXPECT_EQ(hook.runs, 1);
}

// Computes for a while when its turn comes.
struct Crowd {
  explicit Crowd(Loop& l) : loop(l), gate(l), event(l) {}
  Task<void> compute(std::chrono::microseconds time) {
    co_await gate.wait();
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
    if (computed++ == 0) loop.post([this] { happen(); });
    longest_lag = std::max(longest_lag, loop.lag().latest(end));
  }
  void happen() {
    computed_before_event = computed;
    event.set();
  }
  Task<void> await_event() { static_cast<void>(co_await event.wait()); }
  // Wakes so many at once, as time-outs of one tick are.
  Task<void> run(int size, std::chrono::microseconds time) {
    Scope scope(loop);
    scope.spawn(await_event());
    for (int i = 0; i < size; ++i) scope.spawn(compute(time));
    gate.set();
    EXPECT_TRUE(co_await scope.join(10s)) << "what was woken by the event was not resumed";
  }
  Loop& loop;
  Event gate;
  Event event;
  int computed = 0;
  int computed_before_event = 0;
  Loop::Time::duration longest_lag{};
};

// The bug: the time-outs of a tick were served in one turn, and every request that came waited for
// all of them.
TEST(Loop, AnEventDoesNotWaitForAllThatWasReadyBeforeIt) {
  Loop loop;
  Crowd crowd(loop);
  loop.run_until_done(crowd.run(100, Loop::kTurnTime));
  EXPECT_EQ(crowd.computed, 100);
  EXPECT_LT(crowd.computed_before_event, 50);
}

// Admission sheds load by it.
TEST(Loop, WhatIsReadyAndHasToWaitIsLag) {
  Loop loop;
  Crowd crowd(loop);
  loop.run_until_done(crowd.run(100, 1ms));
  EXPECT_GT(crowd.longest_lag, 2 * TimerWheel::kTick);
}

struct NotingTimer final : TimerWheel::Timer {
  void on_timer() override { ++fired; }
  int fired = 0;
};

TEST(TimerWheel, FiresNeverEarlyAndOnce) {
  const auto start = TimerWheel::Time{} + 1h;
  TimerWheel wheel(start);
  NotingTimer timer;
  wheel.arm(timer, start + 100ms);
  wheel.advance(start + 99ms);
  EXPECT_EQ(timer.fired, 0);
  wheel.advance(start + 100ms + TimerWheel::kTick);
  EXPECT_EQ(timer.fired, 1);
  wheel.advance(start + 1h);
  EXPECT_EQ(timer.fired, 1);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheel, KeepsATimerThatIsMoreThanOneTurnAway) {
  const auto start = TimerWheel::Time{} + 1h;
  TimerWheel wheel(start);
  NotingTimer timer;
  wheel.arm(timer, start + 60s);
  wheel.advance(start + 59s);
  EXPECT_EQ(timer.fired, 0);
  wheel.advance(start + 61s);
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, ForgetsACancelledTimer) {
  const auto start = TimerWheel::Time{} + 1h;
  TimerWheel wheel(start);
  NotingTimer timer;
  wheel.arm(timer, start + 40ms);
  timer.cancel();
  wheel.advance(start + 1s);
  EXPECT_EQ(timer.fired, 0);
  EXPECT_TRUE(wheel.empty());
}

struct CancelsAnother final : TimerWheel::Timer {
  void on_timer() override { other->cancel(); }
  TimerWheel::Timer* other = nullptr;
};

TEST(TimerWheel, LetsATimerCancelOneThatIsDueWithIt) {
  const auto start = TimerWheel::Time{} + 1h;
  TimerWheel wheel(start);
  CancelsAnother first;
  NotingTimer second;
  first.other = &second;
  wheel.arm(first, start + 40ms);
  wheel.arm(second, start + 40ms);
  wheel.advance(start + 1s);
  EXPECT_EQ(second.fired, 0);
  EXPECT_TRUE(wheel.empty());
}

int square(int x) { return x * x; }

Task<Result<int>> offloaded(Loop& loop, Offload& offload) {
  co_return co_await offload.run(loop, [] { return square(7); });
}

TEST(Offload, ResumesWithTheResult) {
  Loop loop;
  Offload offload(1, 4);
  EXPECT_EQ(loop.run_until_done(offloaded(loop, offload)), 49);
}

TEST(Offload, RefusesWhatItsQueueCannotHold) {
  Loop loop;
  Offload offload(1, 0);
  const auto result = loop.run_until_done(offloaded(loop, offload));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(offload.refused(), 1u);
}

// Appends its name to `finished` when its work has been done.
Task<void> sign_in(Loop& loop, Offload& offload, Turn turn, std::string name,
                   std::vector<std::string>& finished) {
  const auto done = co_await offload.run(loop, [] { return 0; }, turn);
  finished.push_back(done ? name : name + ":" + std::string(done.error().code.name()));
}

// Blocks the only thread until all items wait: they then run in the queue's order.
Task<void> burst(Loop& loop, Offload& offload, std::vector<std::string>& finished) {
  std::promise<void> all_wait;
  Scope scope(loop);
  const Turn burst{.network = ClientNetwork(*IpAddress::parse("192.0.2.1"))};
  const Turn other{.network = ClientNetwork(*IpAddress::parse("192.0.2.2"))};
  const Turn known{.network = ClientNetwork(*IpAddress::parse("192.0.2.3")), .preferred = true};
  scope.spawn([](Loop& l, Offload& o, std::future<void> released) -> Task<void> {
    co_await o.run(l, [&released] {
      released.wait();
      return 0;
    });
  }(loop, offload, all_wait.get_future()));
  co_await runtime::until(loop, [&] { return offload.waiting() == 0; });
  for (const auto* name : {"burst1", "burst2", "burst3", "burst4"}) {
    scope.spawn(sign_in(loop, offload, burst, name, finished));
  }
  scope.spawn(sign_in(loop, offload, other, "other", finished));
  scope.spawn(sign_in(loop, offload, known, "known", finished));
  all_wait.set_value();
  co_await scope.join();
}

TEST(Offload, ABurstOfOneNetworkKeepsNoOtherWaitingAndIsBounded) {
  Loop loop;
  Offload offload(1, 8, 3);
  std::vector<std::string> finished;
  loop.run_until_done(burst(loop, offload, finished));
  EXPECT_EQ(finished, (std::vector<std::string>{"burst4:too_many_requests", "known", "burst1",
                                                "other", "burst2", "burst3"}));
  EXPECT_EQ(offload.refused(), 1u);
}

Task<void> until_stopped(Worker& worker) { co_await worker.stopping.wait(); }

TEST(Workers, EndWhenTheyAreStopped) {
  Workers workers(2, until_stopped);
  workers.stop();
  workers.join();
}

Task<void> first_fails(Worker& worker) {
  if (worker.index == 0) throw std::runtime_error("as told");
  co_await worker.stopping.wait();
}

TEST(Workers, OneFailureStopsTheOthersAndIsReported) {
  Workers workers(3, first_fails);
  EXPECT_THROW(workers.join(), std::runtime_error);
}

}  // namespace
}  // namespace souk::runtime
