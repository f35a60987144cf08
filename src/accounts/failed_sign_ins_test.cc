#include "accounts/failed_sign_ins.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace souk::accounts {
namespace {

ClientNetwork network(int number) {
  const auto text = fmt::format("10.0.{}.{}", number / 256, number % 256);
  return ClientNetwork(IpAddress::parse(text).value());
}

TEST(FailedSignIns, AreCountedByAccountAndNetworkUntilTheyAreTaken) {
  FailedSignIns failed;
  UserId ada;
  ada.value.bytes[15] = 1;
  failed.add(ada, network(1));
  failed.add(ada, network(1));
  failed.add(std::nullopt, network(1));
  failed.add(ada, network(2));
  const auto taken = failed.take();
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].user, ada);
  EXPECT_EQ(taken[0].network, "10.0.0.1");
  EXPECT_EQ(taken[0].times, 2);
  EXPECT_TRUE(failed.take().empty());
  failed.put_back(taken);
  EXPECT_EQ(failed.take().size(), 3u);
}

// An attacker with many networks fills neither the memory nor the table.
TEST(FailedSignIns, OfAFloodAreFewRowsThatLoseNone) {
  FailedSignIns failed;
  for (int i = 0; i < 10'000; ++i) failed.add(std::nullopt, network(i));
  for (int i = 0; i < 5; ++i) failed.add(std::nullopt, network(7));
  const auto taken = failed.take();
  ASSERT_EQ(taken.size(), FailedSignIns::kMaxRows + 1);
  EXPECT_EQ(taken.front().network, "10.0.0.7");
  EXPECT_EQ(taken.front().times, 6);
  EXPECT_EQ(taken.back().network, kOtherNetworks);
  std::int32_t times = 0;
  for (const auto& one : taken) times += one.times;
  EXPECT_EQ(times, 10'005);
}

}  // namespace
}  // namespace souk::accounts
