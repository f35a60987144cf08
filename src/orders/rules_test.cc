#include "orders/rules.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace souk::orders {
namespace {

using enum Status;

TEST(OrderStates, OnlyTheWrittenStepsAreLegalOfAllPairs) {
  const std::map<Status, std::set<Status>> next = {
      {kPending, {kConfirmed, kCancelled}},
      {kConfirmed, {kPaid, kCancelled}},
      {kPaid, {kPartiallyShipped, kShipped, kRefunded}},
      {kPartiallyShipped, {kShipped, kRefunded}},
      {kShipped, {kDelivered, kRefunded}},
      {kDelivered, {kRefunded}},
      {kCancelled, {}},
      {kRefunded, {}}};
  ASSERT_EQ(next.size(), kStatusNames.size());
  for (const auto& [from, allowed] : next) {
    for (const auto& [to, unused] : next) {
      EXPECT_EQ(rules::is_legal(from, to), allowed.contains(to))
          << name_of(kStatusNames, from) << " -> " << name_of(kStatusNames, to);
    }
  }
}

TEST(OrderStates, UnitsGoBackOnlyWhereTheyNeverLeft) {
  EXPECT_TRUE(rules::returns_stock(kPending, kCancelled));
  EXPECT_TRUE(rules::returns_stock(kConfirmed, kCancelled));
  EXPECT_TRUE(rules::returns_stock(kPaid, kRefunded));
  EXPECT_TRUE(rules::returns_stock(kPartiallyShipped, kRefunded)) << "those that never left";
  EXPECT_FALSE(rules::returns_stock(kShipped, kRefunded));
  EXPECT_FALSE(rules::returns_stock(kDelivered, kRefunded));
  EXPECT_FALSE(rules::returns_stock(kConfirmed, kPaid));
}

TEST(OrderStates, NamesAreReadBack) {
  for (const auto name : kStatusNames) {
    EXPECT_EQ(name_of(kStatusNames, *value_of<Status>(kStatusNames, name)), name);
  }
  EXPECT_FALSE(value_of<Status>(kStatusNames, "lost"));
}

}  // namespace
}  // namespace souk::orders
