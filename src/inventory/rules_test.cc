#include "inventory/rules.h"

#include <gtest/gtest.h>

namespace souk::inventory {
namespace {

ProductId product(std::uint8_t n) {
  ProductId id;
  id.value.bytes[15] = n;
  return id;
}

TEST(Shelf, NobodyIsShortWhenAllIsThere) {
  EXPECT_TRUE(rules::Shelf({{product(1), 5, 2, 1}}).take({{product(1), 3}}).empty());
}

TEST(Shelf, ReservedUnitsAreNotAvailable) {
  const auto found = rules::Shelf({{product(1), 5, 2, 1}}).take({{product(1), 4}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].requested, 4);
  EXPECT_EQ(found[0].available, 3);
}

TEST(Shelf, AProductWithoutStockHasNone) {
  const auto found = rules::Shelf({{product(2), 1, 0, 1}}).take({{product(1), 1}, {product(2), 1}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].product_id, product(1));
  EXPECT_EQ(found[0].available, 0);
}

TEST(Shelf, TheLastUnitsGoToWhoComesFirst) {
  rules::Shelf shelf({{product(2), 9, 0, 1}, {product(1), 5, 0, 1}});
  EXPECT_TRUE(shelf.take({{product(1), 3}, {product(2), 1}}).empty());
  const auto found = shelf.take({{product(1), 3}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].available, 2);
  EXPECT_TRUE(shelf.take({{product(1), 2}}).empty()) << "who wants less still gets it";
}

TEST(Shelf, WhoIsShortOfOneLineTakesNothingOfTheOthers) {
  rules::Shelf shelf({{product(1), 5, 0, 1}, {product(2), 1, 0, 1}});
  EXPECT_EQ(shelf.take({{product(1), 5}, {product(2), 2}}).size(), 1u);
  EXPECT_TRUE(shelf.take({{product(1), 5}}).empty());
}

}  // namespace
}  // namespace souk::inventory
