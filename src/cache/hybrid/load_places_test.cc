#include "cache/hybrid/load_places.h"

#include <gtest/gtest.h>

#include <array>

#include "runtime/scope.h"
#include "runtime/test_until.h"

namespace souk::cache {
namespace {

using runtime::Loop;
using runtime::Task;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Place = std::optional<LoadPlaces::Place>;

Task<void> hand_over(Loop& loop) {
  LoadPlaces places(loop, 1);
  Place first;
  Place second;
  Place newcomer;
  runtime::Scope scope(loop);
  co_await places.take(first);
  scope.spawn(places.take(second));
  EXPECT_FALSE(second);
  first.reset();
  scope.spawn(places.take(newcomer));
  EXPECT_FALSE(newcomer);
  co_await runtime::until(loop, [&] { return second.has_value(); });
  EXPECT_FALSE(newcomer);
  second.reset();
  co_await scope.join();
  EXPECT_TRUE(newcomer);
}

// A newcomer took the place that a waiting load had just been woken for: that one waited again,
// behind all others.
TEST(LoadPlaces, APlaceGoesToTheLoadThatWaitedLongest) {
  Loop loop;
  loop.run_until_done(hand_over(loop));
}

Task<void> build_up(Loop& loop) {
  LoadPlaces places(loop, 2);
  std::array<Place, 6> taken;
  runtime::Scope scope(loop);
  EXPECT_EQ(places.expected_wait(Clock::now()), 0ms);
  co_await places.take(taken[0]);
  const auto begun = std::chrono::steady_clock::now();
  co_await loop.sleep(20ms);
  const auto at_least = std::chrono::steady_clock::now() - begun;
  taken[0].reset();
  EXPECT_EQ(places.expected_wait(Clock::now()), 0ms);
  for (auto& place : taken) scope.spawn(places.take(place));
  // Four wait for two places, each for as long as the first load had one.
  EXPECT_GE(places.expected_wait(Clock::now()), 2 * at_least);
  for (auto& place : taken) {
    co_await runtime::until(loop, [&] { return place.has_value(); });
    place.reset();
  }
  co_await scope.join();
  EXPECT_EQ(places.expected_wait(Clock::now()), 0ms);
}

// Judged by the wait of the loads that were served, a flood of 1,800 was let in before the first of
// them had waited.
TEST(LoadPlaces, TheWaitIsKnownWhileTheQueueBuildsUp) {
  Loop loop;
  loop.run_until_done(build_up(loop));
}

Task<void> hang(Loop& loop) {
  LoadPlaces places(loop, 1);
  Place first;
  Place second;
  runtime::Scope scope(loop);
  co_await places.take(first);
  const auto begun = Clock::now();
  scope.spawn(places.take(second));
  // Ended none, and none before: only that nothing ends tells of the wait.
  EXPECT_GE(places.expected_wait(begun + 5s), 5s);
  first.reset();
  co_await scope.join();
  EXPECT_EQ(places.expected_wait(begun + 5s), 0ms);
}

TEST(LoadPlaces, LoadsThatAllHangAreAWaitToo) {
  Loop loop;
  loop.run_until_done(hang(loop));
}

}  // namespace
}  // namespace souk::cache
