#include "checkout/order_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace souk::checkout {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr OrderTurns::Most kAll{1'000, 1'000};

class OrderTurnsTest : public ::testing::Test {
 protected:
  // An order of one line by the buyer of this number.
  PendingOrder& wait(int buyer, std::optional<std::string> key = {}) {
    PlaceOrder request;
    request.buyer.value.bytes[0] = static_cast<std::uint8_t>(buyer);
    auto& order = *orders_.emplace_back(std::make_unique<PendingOrder>(loop_, std::move(request)));
    if (key) order.key = {*std::move(key), {}};
    order.lines.resize(1);
    turns_.push(order);
    return order;
  }
  // The numbers of their buyers.
  std::vector<int> take(OrderTurns::Most most = kAll) {
    std::vector<int> buyers;
    for (const auto* order : turns_.take(most)) {
      buyers.push_back(order->request.buyer.value.bytes[0]);
    }
    return buyers;
  }

  runtime::Loop loop_;
  std::vector<std::unique_ptr<PendingOrder>> orders_;
  OrderTurns turns_;
};

TEST_F(OrderTurnsTest, BuyersTakeTurns) {
  for (int i = 0; i < 5; ++i) wait(1);
  wait(2);
  wait(3);
  EXPECT_EQ(turns_.size(), 7u);
  EXPECT_THAT(take({4, 1'000}), ElementsAre(1, 2, 3, 1));
  wait(2);
  EXPECT_THAT(take(), ElementsAre(1, 2, 1, 1)) << "the first one is still before the new one";
  EXPECT_EQ(turns_.size(), 0u);
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(OrderTurnsTest, OrdersOfOneBuyerKeepTheirOrder) {
  const std::array<const PendingOrder*, 3> orders{&wait(1), &wait(1), &wait(1)};
  EXPECT_THAT(turns_.take(kAll), ElementsAre(orders[0], orders[1], orders[2]));
}

TEST_F(OrderTurnsTest, TwoOrdersOfOneKeyAreNotTakenTogether) {
  const auto& first = wait(1, "a");
  const auto& second = wait(1, "a");
  const auto& third = wait(1, "b");
  const auto& of_another = wait(2, "a");
  EXPECT_THAT(turns_.take(kAll), ElementsAre(&first, &of_another));
  EXPECT_THAT(turns_.take(kAll), ElementsAre(&second, &third));
}

TEST_F(OrderTurnsTest, AnOrderThatWasRemovedIsNotTaken) {
  auto& removed = wait(1);
  wait(2);
  EXPECT_TRUE(turns_.remove(removed));
  EXPECT_FALSE(turns_.remove(removed));
  EXPECT_EQ(turns_.size(), 1u);
  wait(1);
  EXPECT_THAT(take(), ElementsAre(1, 2)) << "the buyer keeps its turn, and has one only";
}

TEST_F(OrderTurnsTest, LinesAreBoundedToo) {
  wait(1).lines.resize(100);
  wait(2).lines.resize(10);
  wait(3);
  EXPECT_THAT(take({1'000, 20}), ElementsAre(1)) << "one order is always taken";
  EXPECT_THAT(take({1'000, 11}), ElementsAre(2, 3));
}

}  // namespace
}  // namespace souk::checkout
