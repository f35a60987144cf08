#include "api/operation/cursor.h"

#include <gtest/gtest.h>

#include <limits>

namespace souk::api {
namespace {

using catalog::ProductCursor;
using catalog::ProductSort;

constexpr auto kSorts = {ProductSort::kNewest, ProductSort::kPriceAscending,
                         ProductSort::kPriceDescending, ProductSort::kRelevance};

ProductId some_id() { return {*Uuid::parse("018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01")}; }

TEST(Cursor, ComesBackAsItWent) {
  for (const auto sort : kSorts) {
    const ProductCursor cursor{sort, sort == ProductSort::kNewest ? 0.0 : 1999.0, some_id()};
    const auto back = decode_product_cursor(encode_cursor(cursor), sort);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->sort, sort);
    EXPECT_EQ(back->key, cursor.key);
    EXPECT_EQ(back->id, cursor.id);
  }
  const orders::OrderCursor order{Timestamp(std::chrono::microseconds(1'700'000'000'123'456)),
                                  {some_id().value}};
  const auto back = decode_order_cursor(encode_cursor(order));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->order_date, order.order_date);
  EXPECT_EQ(back->id, order.id);
}

TEST(Cursor, OfUsersIsAPrintableAddress) {
  EXPECT_EQ(decode_email_cursor(encode_email_cursor("ada@example.com")), "ada@example.com");
  for (const auto* refused : {"", "a\x01", "a b", "\x7f", "\u00e9"}) {
    EXPECT_FALSE(decode_email_cursor(encode_email_cursor(refused))) << refused;
  }
  EXPECT_FALSE(decode_email_cursor(encode_email_cursor(std::string(255, 'a'))));
  EXPECT_FALSE(decode_email_cursor(encode_cursor(ProductCursor{})));
}

TEST(Cursor, BelongsToOneListInOneOrder) {
  for (const auto made : kSorts) {
    const auto text = encode_cursor(ProductCursor{made, 0, some_id()});
    for (const auto read : kSorts) {
      EXPECT_EQ(decode_product_cursor(text, read).has_value(), made == read);
    }
    EXPECT_FALSE(decode_order_cursor(text));
  }
}

TEST(Cursor, TextThatIsNoneIsRefused) {
  const auto text = encode_cursor(ProductCursor{ProductSort::kNewest, 0, some_id()});
  for (const auto& bad : {std::string(), std::string("garbage"), text + "A", text.substr(1),
                          text.substr(0, text.size() - 1) + "=", "_" + text.substr(1)}) {
    EXPECT_FALSE(decode_product_cursor(bad, ProductSort::kNewest)) << bad;
    EXPECT_FALSE(decode_order_cursor(bad)) << bad;
  }
}

TEST(Cursor, ForgedKeyIsRefused) {
  const auto accepted = [](ProductSort sort, double key) {
    return decode_product_cursor(encode_cursor(ProductCursor{sort, key, some_id()}), sort)
        .has_value();
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double key : {kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
    for (const auto sort : kSorts) EXPECT_FALSE(accepted(sort, key));
  }
  EXPECT_FALSE(accepted(ProductSort::kPriceAscending, 1e300));
  EXPECT_FALSE(accepted(ProductSort::kPriceDescending, 1.5));
  EXPECT_FALSE(accepted(ProductSort::kNewest, 1));
  EXPECT_FALSE(decode_order_cursor(encode_cursor(orders::OrderCursor{Timestamp::max(), {}})));
  EXPECT_FALSE(decode_order_cursor(encode_cursor(orders::OrderCursor{Timestamp::min(), {}})));
}

}  // namespace
}  // namespace souk::api
