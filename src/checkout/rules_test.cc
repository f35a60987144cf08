#include "checkout/rules.h"

#include <gtest/gtest.h>

#include "catalog/error_codes.h"

namespace souk::checkout {
namespace {

ProductId product(std::uint8_t n) {
  ProductId id;
  id.value.bytes[15] = n;
  return id;
}

const Currency kEuro = *Currency::parse("EUR");
const Currency kDollar = *Currency::parse("USD");

catalog::SaleItem item(std::uint8_t n, std::int64_t amount, Currency currency = kEuro) {
  return {product(n), "Lamp", {amount, currency}, true};
}

PlaceOrder order_of(std::vector<inventory::Line> lines) { return {.lines = std::move(lines)}; }

TEST(OrderRules, AnOrderHasOneToAHundredLines) {
  EXPECT_FALSE(rules::check(order_of({})));
  EXPECT_TRUE(rules::check(order_of(std::vector(100, inventory::Line{product(1), 1}))));
  EXPECT_FALSE(rules::check(order_of(std::vector(101, inventory::Line{product(1), 1}))));
}

TEST(OrderRules, NamesTheLineWhoseQuantityIsWrong) {
  const auto checked = rules::check(order_of({{product(1), 1}, {product(2), 0}}));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(checked.error().fields.at(0).pointer, "/items/1/quantity");
  EXPECT_FALSE(rules::check(order_of({{product(1), orders::kMaxLineQuantity + 1}})));
}

TEST(OrderRules, LinesOfOneProductAreJoined) {
  const auto lines = rules::joined({{product(2), 1}, {product(1), 2}, {product(2), 3}});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].product_id, product(2));
  EXPECT_EQ(lines[0].quantity, 4);
}

TEST(ShipmentRules, SayWhatIsWrongAndWhere) {
  const auto pointer_of = [](const Ship& wanted) {
    const auto checked = rules::check(wanted);
    return checked ? "" : checked.error().fields.at(0).pointer;
  };
  EXPECT_EQ(pointer_of({.lines = std::vector<inventory::Line>{}}), "/items");
  EXPECT_EQ(pointer_of({.carrier = ""}), "/carrier");
  EXPECT_EQ(pointer_of({.carrier = "D\nL"}), "/carrier");
  EXPECT_EQ(pointer_of({.tracking_number = std::string(101, '1')}), "/trackingNumber");
  for (const std::string url : {"javascript:alert(1)", "https://user@carrier.example/", "carrier",
                                "https://carrier.example/a b", "ftp://carrier.example/"}) {
    EXPECT_EQ(pointer_of({.tracking_url = url}), "/trackingUrl") << url;
  }
  EXPECT_EQ(pointer_of({.carrier = "Österreichische Post",
                        .tracking_number = "1",
                        .tracking_url = "https://carrier.example/?number=1#here"}),
            "");
}

TEST(OrderRules, TheServerComputesTheTotal) {
  const auto order = rules::price({{product(1), 2}, {product(2), 3}}, {item(1, 1999), item(2, 5)});
  ASSERT_TRUE(order);
  EXPECT_EQ(order->total, (Money{2 * 1999 + 3 * 5, kEuro}));
  EXPECT_EQ(order->items.at(0).product_id, product(1));
}

TEST(OrderRules, AProductThatIsNotForSaleIsUnknown) {
  auto retired = item(1, 5);
  retired.is_active = false;
  EXPECT_EQ(rules::price({{product(1), 1}}, {retired}).error().code,
            catalog::errors::kUnknownProduct);
  EXPECT_EQ(rules::price({{product(1), 1}}, {}).error().code, catalog::errors::kUnknownProduct);
}

TEST(OrderRules, RefusesATotalThatCannotBeCounted) {
  EXPECT_FALSE(rules::price({{product(1), 1}, {product(2), 1}}, {item(1, 5), item(2, 5, kDollar)}));
  EXPECT_FALSE(rules::price({{product(1), 2}}, {item(1, INT64_MAX)}));
}

TEST(OrderRules, AnAddressForOneOrderIsCheckedAsOneThatIsKept) {
  auto request = order_of({{product(1), 1}});
  request.deliver_to = {"Ada", "1 Street", "", "London", "SW1Y 4JH", "GB"};
  EXPECT_TRUE(rules::check(request));
  request.deliver_to->country = "England";
  request.deliver_to->city = "";
  const auto checked = rules::check(request);
  ASSERT_FALSE(checked);
  ASSERT_EQ(checked.error().fields.size(), 2u);
  EXPECT_EQ(checked.error().fields[0].pointer, "/deliveryAddress/city");
  EXPECT_EQ(checked.error().fields[1].pointer, "/deliveryAddress/country");
}

TEST(OrderRules, AnOrderGoesToOneAddress) {
  auto request = order_of({{product(1), 1}});
  request.deliver_to = {"Ada", "1 Street", "", "London", "SW1Y 4JH", "GB"};
  request.address = AddressId{product(9).value};
  const auto checked = rules::check(request);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().fields.at(0).pointer, "/deliveryAddress");
}

TEST(OrderRules, AnotherAddressMakesAnotherRequest) {
  const auto to = [](std::string line1, std::string line2) {
    auto request = order_of({{product(1), 1}});
    request.deliver_to = {"Ada", std::move(line1), std::move(line2), "London", "SW1Y 4JH", "GB"};
    return rules::canonical(request);
  };
  EXPECT_EQ(to("1 Street", ""), to("1 Street", ""));
  EXPECT_NE(to("1 Street", ""), to("2 Street", ""));
  EXPECT_NE(to("1 Street", ""), rules::canonical(order_of({{product(1), 1}})));
  EXPECT_NE(to("a\nat 1:b", ""), to("a", "b"));
}

TEST(OrderRules, OrderOfLinesDoesNotMakeAnotherRequest) {
  const auto one = order_of({{product(1), 1}, {product(2), 2}});
  const auto same = order_of({{product(2), 1}, {product(1), 1}, {product(2), 1}});
  auto elsewhere = one;
  elsewhere.address = AddressId{product(9).value};
  EXPECT_EQ(rules::canonical(one), rules::canonical(same));
  EXPECT_NE(rules::canonical(one), rules::canonical(elsewhere));
  EXPECT_NE(rules::canonical(one), rules::canonical(order_of({{product(1), 1}})));
}

}  // namespace
}  // namespace souk::checkout
