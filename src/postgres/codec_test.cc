#include "postgres/codec.h"

#include <gtest/gtest.h>

#include "postgres/parameters.h"

namespace souk::postgres {
namespace {

template <class T>
std::string encoded(const T& value) {
  ValueWriter out;
  Codec<T>::encode(value, out);
  return {out.data(), out.size()};
}

template <class T>
T back(const T& value, TypeOid type = Codec<T>::kType) {
  return Codec<T>::decode({encoded(value), type});
}

TEST(Codec, IntegersAreBigEndian) {
  EXPECT_EQ(encoded(std::int32_t{0x01020304}), "\x01\x02\x03\x04");
  EXPECT_EQ(back(std::int64_t{-2}), -2);
}

TEST(Codec, NarrowColumnsWidenAndWideOnesAreRefused) {
  EXPECT_TRUE(Codec<std::int64_t>::accepts(oid::kInt2));
  EXPECT_FALSE(Codec<std::int32_t>::accepts(oid::kInt8));
  EXPECT_EQ(Codec<std::int64_t>::decode({encoded(std::int32_t{-7}), oid::kInt4}), -7);
}

TEST(Codec, TimesCountFromTheYear2000) {
  const Timestamp epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
  EXPECT_EQ(encoded(epoch), std::string(8, '\0'));
  EXPECT_EQ(back(epoch + std::chrono::microseconds(-1)), epoch + std::chrono::microseconds(-1));
}

TEST(Codec, InfiniteTimesAreTheEndsOfTheRange) {
  EXPECT_EQ(back(Timestamp::max()), Timestamp::max());
  EXPECT_EQ(back(Timestamp::min()), Timestamp::min());
  EXPECT_EQ(encoded(Timestamp::max()), encoded(std::numeric_limits<std::int64_t>::max()));
}

TEST(Codec, ATimeBeyondTheRangeIsRefused) {
  const auto beyond = encoded(std::numeric_limits<std::int64_t>::max() - 1);
  EXPECT_THROW(Codec<Timestamp>::decode({beyond, oid::kTimestamptz}), BadValue);
}

TEST(Codec, WrongLengthsAreRefused) {
  EXPECT_THROW(Codec<std::int32_t>::decode({"abc", oid::kInt4}), BadValue);
  EXPECT_THROW(Codec<bool>::decode({"", oid::kBool}), BadValue);
  EXPECT_THROW(Codec<Uuid>::decode({"0123456789abcdef0", oid::kUuid}), BadValue);
  EXPECT_THROW((Codec<std::array<std::uint8_t, 4>>::decode({"abc", oid::kBytea})), BadValue);
  EXPECT_THROW(Codec<Currency>::decode({"eur", oid::kBpchar}), BadValue);
}

TEST(Codec, ArraysComeBack) {
  const std::vector<std::int32_t> numbers = {1, -2, 3};
  const std::vector<std::string> texts = {"", "a", std::string(1000, 'x')};
  EXPECT_EQ(back(numbers), numbers);
  EXPECT_EQ(back(texts), texts);
  EXPECT_TRUE(back(std::vector<std::int64_t>{}).empty());
}

// Whatever a server sends, nothing is read past the bytes it sent.
TEST(Codec, EveryCutOfAnArrayIsRefused) {
  const auto whole = encoded(std::vector<std::string>{"one", "two"});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string cut(whole, 0, length);
    EXPECT_THROW(Codec<std::vector<std::string>>::decode({cut, oid::kTextArray}), BadValue);
  }
}

TEST(Codec, ArraysThatLieAboutThemselvesAreRefused) {
  const auto whole = encoded(std::vector<std::int32_t>{1});
  for (const auto& [at, byte] : {std::pair{3, '\2'},      // dimensions
                                 std::pair{11, '\x19'},   // element type
                                 std::pair{12, '\x7f'},   // size
                                 std::pair{20, '\xff'}})  // length of the element
  {
    auto lie = whole;
    lie[static_cast<std::size_t>(at)] = byte;
    EXPECT_THROW(Codec<std::vector<std::int32_t>>::decode({lie, oid::kInt4Array}), BadValue) << at;
  }
}

TEST(Parameters, KeepValuesOfAnySizeAfterTheirSourceIsGone) {
  auto parameters = std::make_unique<Parameters>(std::string("short"), std::string(5000, 'x'),
                                                 std::nullopt, std::int32_t{7});
  const Parameters moved = std::move(*parameters);
  parameters.reset();
  const auto wire = moved.wire();
  ASSERT_EQ(wire.count, 4);
  EXPECT_STREQ(wire.values[0], "short");
  EXPECT_EQ(std::string_view(wire.values[1]), std::string(5000, 'x'));
  EXPECT_EQ(wire.values[2], nullptr);
  EXPECT_EQ(wire.lengths[3], 4);
  EXPECT_EQ(wire.formats[0], 0);
  EXPECT_EQ(wire.formats[3], 1);
}

TEST(Parameters, AnAbsentOptionalIsNullOfItsType) {
  const Parameters parameters{std::optional<std::int64_t>{}, std::optional<std::int64_t>{5}};
  EXPECT_EQ(parameters.types()[0], oid::kInt8);
  EXPECT_EQ(parameters.wire().values[0], nullptr);
  EXPECT_NE(parameters.wire().values[1], nullptr);
}

// libpq takes text up to its terminator: the rest would be lost without a word.
TEST(Parameters, TextWithANulIsRefusedAsTheServerWould) {
  try {
    const Parameters parameters{std::string_view("a\0b", 3)};
    FAIL();
  } catch (const StatementError& error) {
    EXPECT_EQ(error.sqlstate(), "22021");
  }
}

}  // namespace
}  // namespace souk::postgres
