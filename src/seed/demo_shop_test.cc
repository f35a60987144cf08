#include "seed/demo_shop.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace souk::seed {
namespace {

constexpr Timestamp kUntil = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
const ShopSize kSize{.products = 2'000, .users = 500, .orders = 5'000};

const DemoShop& shop() {
  static const DemoShop shop(kSize, 1, kUntil);
  return shop;
}

TEST(DemoShop, IsTheSameForTheSameSeed) {
  const DemoShop again(kSize, 1, kUntil);
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(shop().product(i).description, again.product(i).description);
    EXPECT_EQ(shop().user(i).email, again.user(i).email);
    EXPECT_EQ(shop().order(i).total, again.order(i).total);
  }
}

TEST(DemoShop, IsAnotherForAnotherSeed) {
  const DemoShop other(kSize, 2, kUntil);
  EXPECT_NE(shop().product(0).id, other.product(0).id);
  EXPECT_NE(shop().categories()[0].id, other.categories()[0].id);
}

TEST(DemoShop, NumbersRowsByAgeAndById) {
  for (std::uint64_t i = 1; i < kSize.products; ++i) {
    EXPECT_LT(shop().product(i - 1).id, shop().product(i).id);
    EXPECT_LT(shop().product(i - 1).created_at, shop().product(i).created_at);
  }
  for (std::uint64_t i = 1; i < kSize.orders; ++i) {
    EXPECT_LT(shop().order(i - 1).id, shop().order(i).id);
  }
  EXPECT_LT(shop().order(kSize.orders - 1).order_date, kUntil);
}

TEST(DemoShop, HasACategoryTreeThreeDeepWithoutTwoOfOneSlug) {
  std::map<Uuid, int> depth;
  std::set<std::string> slugs;
  int deepest = 0;
  for (const auto& category : shop().categories()) {
    depth[category.id] = category.parent_id ? depth.at(*category.parent_id) + 1 : 1;
    deepest = std::max(deepest, depth[category.id]);
    EXPECT_TRUE(slugs.insert(category.slug).second) << category.slug;
  }
  EXPECT_EQ(deepest, 3);
  EXPECT_EQ(slugs.size(), 12U + 12 * 6 + 12 * 6 * 4);
  EXPECT_EQ(depth.at(shop().product(0).category_id), 3);
}

TEST(DemoShop, DescribesProductsInSentencesWithoutGaps) {
  std::size_t total = 0;
  for (std::uint64_t i = 0; i < kSize.products; ++i) {
    const auto product = shop().product(i);
    EXPECT_EQ(product.description.find_first_of("{}"), std::string::npos) << product.description;
    EXPECT_EQ(product.price % 100, 99);
    EXPECT_LE(product.description.size(), 1'500U);
    total += product.description.size();
  }
  EXPECT_GT(total / kSize.products, 600U);
  EXPECT_LT(total / kSize.products, 1'200U);
}

TEST(DemoShop, OrdersAreOfUsersAndProductsThatExistedThen) {
  std::map<Uuid, Product> products;
  for (std::uint64_t i = 0; i < kSize.products; ++i) {
    auto product = shop().product(i);
    products.emplace(product.id, std::move(product));
  }
  std::map<Uuid, User> users;
  for (std::uint64_t i = 0; i < kSize.users; ++i) {
    auto user = shop().user(i);
    users.emplace(user.id, std::move(user));
  }
  for (std::uint64_t i = 0; i < kSize.orders; ++i) {
    const auto order = shop().order(i);
    const auto& user = users.at(order.user_id);
    EXPECT_LE(user.created_at, order.order_date);
    EXPECT_EQ(shop().user(order.user_number).id, order.user_id);
    EXPECT_LT(order.address_number, user.addresses.size());
    std::int64_t total = 0;
    for (const auto& line : order.lines) {
      EXPECT_LE(products.at(line.product_id).created_at, order.order_date);
      EXPECT_EQ(products.at(line.product_id).price, line.unit_price);
      total += line.quantity * line.unit_price;
    }
    EXPECT_EQ(total, order.total);
    EXPECT_EQ(order.cancelled_at.has_value(), order.status == "cancelled");
  }
}

TEST(DemoShop, AFewProductsMakeMostOfTheSales) {
  std::map<Uuid, int> sold;
  int lines = 0;
  for (std::uint64_t i = 0; i < kSize.orders; ++i) {
    for (const auto& line : shop().order(i).lines) {
      ++sold[line.product_id];
      ++lines;
    }
  }
  std::vector<int> counts;
  for (const auto& [id, count] : sold) counts.push_back(count);
  std::ranges::sort(counts, std::greater());
  int top_tenth = 0;
  for (std::size_t i = 0; i < kSize.products / 10; ++i) top_tenth += counts[i];
  EXPECT_GT(top_tenth, lines / 2);
  EXPECT_GT(sold.size(), kSize.products / 2);
}

TEST(DemoShop, WorksWithOneOfEach) {
  const DemoShop tiny({.products = 1, .users = 1, .orders = 3}, 1, kUntil);
  EXPECT_EQ(tiny.order(2).lines.size(), 1U);
  EXPECT_EQ(tiny.order(0).user_id, tiny.user(0).id);
}

}  // namespace
}  // namespace souk::seed
