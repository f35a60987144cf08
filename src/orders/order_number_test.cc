#include "orders/order_number.h"

#include <gtest/gtest.h>

#include <set>

namespace souk::orders {
namespace {

constexpr OrderNumbers::Secret kSecret = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// Orders are found by it for ever, so no version may compute another one.
TEST(OrderNumber, OfASerialNumberNeverChanges) {
  const OrderNumbers numbers(kSecret);
  EXPECT_EQ(numbers.number(0), "V07-GNW-SGN");
  EXPECT_EQ(numbers.number(1), "4X9-H55-517");
  EXPECT_EQ(numbers.number(OrderNumbers::kSerials - 1), "1RH-VRJ-AM5");
}

TEST(OrderNumber, IsReadAsTheSerialNumberItWasMadeOf) {
  const OrderNumbers numbers(kSecret);
  for (std::int64_t serial = 0; serial < OrderNumbers::kSerials; serial = serial * 3 + 1) {
    EXPECT_EQ(numbers.serial(numbers.number(serial)), serial);
  }
}

TEST(OrderNumber, IsUniqueAndOfNineCharacters) {
  const OrderNumbers numbers(kSecret);
  std::set<std::string> seen;
  for (std::int64_t serial = 0; serial < 100'000; ++serial) seen.insert(numbers.number(serial));
  EXPECT_EQ(seen.size(), 100'000u);
  for (const auto& number : seen) ASSERT_EQ(number.size(), 11u);
}

TEST(OrderNumber, OfTheNextOrderSharesNothingWithTheLast) {
  const OrderNumbers numbers(kSecret);
  int same = 0;
  for (std::int64_t serial = 0; serial < 1'000; ++serial) {
    const auto one = numbers.number(serial);
    const auto next = numbers.number(serial + 1);
    for (std::size_t i = 0; i < one.size(); ++i) same += one[i] == next[i] && one[i] != '-';
  }
  EXPECT_NEAR(same, 9'000 / 32, 100);  // as often as chance makes two characters equal
}

TEST(OrderNumber, OfAnotherShopIsAnother) {
  auto other = kSecret;
  other[0] = 99;
  int same = 0;
  for (std::int64_t serial = 0; serial < 1'000; ++serial) {
    same += OrderNumbers(kSecret).number(serial) == OrderNumbers(other).number(serial);
  }
  EXPECT_EQ(same, 0);
}

TEST(OrderNumber, IsReadAsPeopleWriteIt) {
  const OrderNumbers numbers(kSecret);
  for (std::int64_t serial = 0; serial < 1'000; ++serial) {
    auto text = numbers.number(serial);
    std::erase(text, '-');
    for (auto& c : text) {
      if (c == '0') c = 'o';
      if (c == '1') c = serial % 2 == 0 ? 'l' : 'I';
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    EXPECT_EQ(numbers.serial(" " + text.insert(4, "-")), serial);
  }
}

TEST(OrderNumber, WithAnyWrongCharacterIsRefused) {
  const OrderNumbers numbers(kSecret);
  for (std::int64_t serial = 0; serial < 100; ++serial) {
    const auto right = numbers.number(serial);
    for (std::size_t i = 0; i < right.size(); ++i) {
      if (right[i] == '-') continue;
      for (const char c : kAlphabet) {
        auto wrong = right;
        wrong[i] = c;
        EXPECT_EQ(numbers.serial(wrong).has_value(), wrong == right) << wrong;
      }
    }
  }
}

TEST(OrderNumber, WithAnyTwoCharactersExchangedIsRefused) {
  const OrderNumbers numbers(kSecret);
  for (std::int64_t serial = 0; serial < 1'000; ++serial) {
    const auto right = numbers.number(serial);
    for (std::size_t i = 0; i < right.size(); ++i) {
      for (std::size_t j = i + 1; j < right.size(); ++j) {
        auto wrong = right;
        std::swap(wrong[i], wrong[j]);
        if (wrong == right || right[i] == '-' || right[j] == '-') continue;
        EXPECT_FALSE(numbers.serial(wrong)) << wrong << " of " << right;
      }
    }
  }
}

TEST(OrderNumber, IsNothingElse) {
  const OrderNumbers numbers(kSecret);
  const auto number = numbers.number(7);
  for (const std::string& text :
       {std::string(), number.substr(1), number + "0", std::string("U") + number.substr(1),
        std::string("018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33")}) {
    EXPECT_FALSE(numbers.serial(text)) << text;
  }
}

}  // namespace
}  // namespace souk::orders
