#include "inventory/rules.h"

#include <gtest/gtest.h>

namespace souk::inventory {
namespace {

ProductId product(std::uint8_t n) {
  ProductId id;
  id.value.bytes[15] = n;
  return id;
}

TEST(Shortages, NobodyIsShortWhenAllIsThere) {
  EXPECT_TRUE(rules::shortages({{product(1), 3}}, {{product(1), 5, 2, 1}}).empty());
}

TEST(Shortages, ReservedUnitsAreNotAvailable) {
  const auto found = rules::shortages({{product(1), 4}}, {{product(1), 5, 2, 1}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].requested, 4);
  EXPECT_EQ(found[0].available, 3);
}

TEST(Shortages, AProductWithoutStockHasNone) {
  const auto found = rules::shortages({{product(1), 1}, {product(2), 1}}, {{product(2), 1, 0, 1}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].product_id, product(1));
  EXPECT_EQ(found[0].available, 0);
}

}  // namespace
}  // namespace souk::inventory
