#include "runtime/fair_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace souk::runtime {
namespace {

using Queue = FairQueue<std::string>;
using Verdict = Queue::Verdict;

Turn of(std::string_view address, bool preferred = false) {
  return {.network = ClientNetwork(IpAddress::parse(address).value()), .preferred = preferred};
}

std::string order(Queue& queue) {
  std::string items;
  while (!queue.empty()) items += queue.pop();
  return items;
}

// A burst of 288 sign-ins from one network made one from another wait for all of them.
TEST(FairQueue, NetworksTakeTurns) {
  Queue queue(100, 100);
  for (const auto* item : {"a", "b", "c"}) queue.push(of("192.0.2.1"), item);
  for (const auto* item : {"1", "2"}) queue.push(of("192.0.2.2"), item);
  queue.push(of("2001:db8::1"), "x");
  EXPECT_EQ(order(queue), "a1xb2c");
}

TEST(FairQueue, WorkWithoutANetworkHasOneTurnAsANetworkDoes) {
  Queue queue(100, 100);
  for (const auto* item : {"a", "b"}) queue.push({}, item);
  queue.push(of("192.0.2.2"), "1");
  EXPECT_EQ(order(queue), "a1b");
}

TEST(FairQueue, PreferredItemsGoFirstButNobodyStarves) {
  Queue queue(100, 100);
  for (const auto* item : {"1", "2"}) queue.push(of("192.0.2.1"), item);
  for (const auto* item : {"a", "b", "c", "d", "e"}) queue.push(of("192.0.2.9", true), item);
  EXPECT_EQ(order(queue), "abc1de2");
}

TEST(FairQueue, OneNetworkCannotFillIt) {
  Queue queue(4, 2);
  EXPECT_EQ(queue.push(of("192.0.2.1"), "a"), Verdict::kAccepted);
  EXPECT_EQ(queue.push(of("192.0.2.1"), "b"), Verdict::kAccepted);
  EXPECT_EQ(queue.push(of("192.0.2.1"), "c"), Verdict::kNetworkHasItsShare);
  EXPECT_EQ(queue.push(of("192.0.2.2"), "1"), Verdict::kAccepted);
  EXPECT_EQ(queue.pop(), "a");
  EXPECT_EQ(queue.push(of("192.0.2.1"), "d"), Verdict::kAccepted);
  EXPECT_EQ(order(queue), "1bd");
}

TEST(FairQueue, IsBoundedInAllAndKeepsRoomForPreferredItems) {
  Queue queue(2, 2);
  EXPECT_EQ(queue.push({}, "a"), Verdict::kAccepted);
  EXPECT_EQ(queue.push({}, "b"), Verdict::kAccepted);
  EXPECT_EQ(queue.push({}, "c"), Verdict::kFull);
  EXPECT_EQ(queue.push(of("192.0.2.2", true), "1"), Verdict::kAccepted);
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_EQ(order(queue), "1ab");
}

}  // namespace
}  // namespace souk::runtime
