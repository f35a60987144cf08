#include "api/catalog/rendering.h"

#include <gtest/gtest.h>

#include "api/orders/types.h"
#include "api/wire/wire.h"

namespace souk::api {
namespace {

CategoryId category_id(std::uint8_t number) {
  CategoryId id;
  id.value.bytes.back() = number;
  return id;
}

const Money kPrice{1999, *Currency::parse("EUR")};

const catalog::Product kProduct{.id = {},
                                .sku = "KET-1",
                                .name = "Copper \"kettle\"",
                                .description = "",
                                .category_id = category_id(1),
                                .price = kPrice,
                                .is_active = true,
                                .version = 3};

constexpr std::string_view kProductMembers =
    R"("id":"00000000-0000-0000-0000-000000000000","sku":"KET-1","name":"Copper \"kettle\"","description":"",)"
    R"("categoryId":"00000000-0000-0000-0000-000000000001",)"
    R"("price":{"amount":1999,"currency":"EUR"},"isActive":true,"version":3)";

TEST(Wire, ProductWithAndWithoutStock) {
  EXPECT_EQ(body_of(kProduct).view(), "{" + std::string(kProductMembers) + "}");
  const inventory::Stock stock{.product_id = {}, .on_hand = 20, .reserved = 3, .version = 9};
  const auto both =
      "{" + std::string(kProductMembers) + R"(,"stock":{"available":17,"onHand":20,"reserved":3}})";
  EXPECT_EQ(body_of(StockedProduct{kProduct, stock}).view(), both);
}

TEST(Wire, PageSaysWhereTheNextOneBegins) {
  const std::vector<inventory::Shortage> items{{{}, 3, 1}, {{}, 2, 0}};
  EXPECT_EQ(
      page_of(items, "abc").view(),
      R"({"items":[{"productId":"00000000-0000-0000-0000-000000000000","requested":3,"available":1},)"
      R"({"productId":"00000000-0000-0000-0000-000000000000","requested":2,"available":0}],)"
      R"("nextCursor":"abc"})");
  EXPECT_EQ(page_of(std::vector<catalog::Product>(), std::nullopt).view(),
            R"({"items":[],"nextCursor":null})");
}

TEST(Wire, OrderNamesItsProducts) {
  const orders::Order order{
      .id = {},
      .user_id = {},
      .status = orders::Status::kPending,
      .order_date = Timestamp(),
      .total = {3998, kPrice.currency},
      .items = {{{}, "Kettle", 2, kPrice}},
      .number = "7KQ-2M9-XAC",
      .email = "ada@example.com",
      .delivery_address =
          orders::DeliveryAddress{"Ada", "12 St James's Square", "", "London", "SW1Y 4JH", "GB"},
      .refunded = {10, kPrice.currency}};
  EXPECT_EQ(body_of(order).view(),
            R"({"id":"00000000-0000-0000-0000-000000000000","number":"7KQ-2M9-XAC",)"
            R"("status":"pending","orderDate":"1970-01-01T00:00:00.000000Z",)"
            R"("total":{"amount":3998,"currency":"EUR"},"refunded":{"amount":10,"currency":"EUR"},)"
            R"("email":"ada@example.com",)"
            R"("deliveryAddress":{"recipient":"Ada","line1":"12 St James's Square","line2":"",)"
            R"("city":"London","postalCode":"SW1Y 4JH","country":"GB"},)"
            R"("items":[{"productId":"00000000-0000-0000-0000-000000000000",)"
            R"("productName":"Kettle","quantity":2,)"
            R"("unitPrice":{"amount":1999,"currency":"EUR"},"shipped":0,"refunded":0}]})");
}

TEST(Wire, CategoriesHangInTheirParents) {
  const std::vector<catalog::Category> categories{
      {category_id(1), {}, "A", "a"},
      {category_id(2), category_id(1), "B", "a-b"},
      {category_id(3), category_id(2), "C", "a-b-c", 7, 3},
      {category_id(4), {}, "D", "d", 1}};
  EXPECT_EQ(tree_of(categories).view(),
            R"({"items":[)"
            R"({"id":"00000000-0000-0000-0000-000000000001","name":"A","slug":"a",)"
            R"("position":0,"version":1,"children":[)"
            R"({"id":"00000000-0000-0000-0000-000000000002","name":"B","slug":"a-b",)"
            R"("position":0,"version":1,"children":[)"
            R"({"id":"00000000-0000-0000-0000-000000000003","name":"C","slug":"a-b-c",)"
            R"("position":7,"version":3,"children":[]}]}]},)"
            R"({"id":"00000000-0000-0000-0000-000000000004","name":"D","slug":"d",)"
            R"("position":1,"version":1,"children":[]}],)"
            R"("nextCursor":null})");
  EXPECT_EQ(tree_of({}).view(), R"({"items":[],"nextCursor":null})");
}

TEST(Wire, ADeepTreeNeedsNoDeepStack) {
  constexpr std::size_t kDepth = 200'000;
  std::vector<catalog::Category> chain(kDepth);
  for (std::size_t i = 0; i < kDepth; ++i) {
    std::memcpy(chain[i].id.value.bytes.data(), &i, sizeof(i));
    chain[i].id.value.bytes.back() = 1;
    if (i > 0) chain[i].parent_id = chain[i - 1].id;
  }
  EXPECT_TRUE(tree_of(chain).view().ends_with("]}],\"nextCursor\":null}"));
}

}  // namespace
}  // namespace souk::api
