#include "runtime/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "runtime/scope.h"
#include "runtime/test_until.h"

namespace souk::runtime {
namespace {

using Number = std::unique_ptr<int>;  // cannot be copied
using Numbers = Channel<Number>;

Task<void> write(Numbers& channel, int count, int& written) {
  for (int i = 0; i < count; ++i) {
    auto number = std::make_unique<int>(i);
    if (!co_await channel.push(number)) {
      EXPECT_EQ(*number, i) << "what was refused is gone";
      co_return;
    }
    ++written;
  }
}

Task<void> read(Numbers& channel, std::vector<int>& numbers) {
  while (auto number = co_await channel.pop()) numbers.push_back(**number);
}

Task<void> write_past_the_brim(Loop& loop) {
  Numbers channel(loop, 3);
  Scope scope(loop);
  int written = 0;
  scope.spawn(write(channel, 5, written));
  co_await loop.sleep(std::chrono::milliseconds(0));
  EXPECT_EQ(written, 3);
  EXPECT_TRUE(channel.is_full());

  std::vector<int> numbers;
  scope.spawn(read(channel, numbers));
  co_await runtime::until(loop, [&] { return written >= 5; });
  channel.close();
  co_await scope.join();
  EXPECT_EQ(numbers, (std::vector{0, 1, 2, 3, 4}));
}

TEST(Channel, AWriterWaitsWhileItIsFullAndOrderIsKept) {
  Loop loop;
  loop.run_until_done(write_past_the_brim(loop));
}

Task<void> close_full(Loop& loop) {
  Numbers channel(loop, 2);
  Scope scope(loop);
  int written = 0;
  scope.spawn(write(channel, 3, written));
  channel.close();
  co_await scope.join();
  EXPECT_EQ(written, 2);
  std::vector<int> numbers;
  co_await read(channel, numbers);
  EXPECT_EQ(numbers, (std::vector{0, 1}));
}

TEST(Channel, ClosingSendsWritersAwayAndKeepsWhatWasTaken) {
  Loop loop;
  loop.run_until_done(close_full(loop));
}

Task<void> share(Loop& loop) {
  Numbers channel(loop, 1);
  Scope scope(loop);
  std::vector<int> first;
  std::vector<int> second;
  scope.spawn(read(channel, first));
  scope.spawn(read(channel, second));
  int written = 0;
  co_await write(channel, 100, written);
  channel.close();
  co_await scope.join();
  EXPECT_FALSE(first.empty());
  EXPECT_FALSE(second.empty());
  std::vector<int> all = first;
  all.insert(all.end(), second.begin(), second.end());
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  EXPECT_THAT(all, testing::UnorderedElementsAreArray(numbers));
}

TEST(Channel, EveryValueReachesExactlyOneReader) {
  Loop loop;
  loop.run_until_done(share(loop));
}

}  // namespace
}  // namespace souk::runtime
