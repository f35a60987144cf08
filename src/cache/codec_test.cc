#include "cache/codec.h"

#include <gtest/gtest.h>

#include "cache/value.h"

namespace souk::cache {
namespace {

enum class Colour : std::uint8_t { kRed, kBlue };

struct Part {
  ProductId id;
  Money price;
  friend bool operator==(const Part&, const Part&) = default;
};
auto members(Of<Part> auto& p) { return std::tie(p.id, p.price); }

struct Whole {
  std::string name;
  std::optional<CategoryId> category;
  std::vector<Part> parts;
  Colour colour = Colour::kRed;
  double weight = 0;
  bool is_new = false;
  friend bool operator==(const Whole&, const Whole&) = default;
};
auto members(Of<Whole> auto& w) {
  return std::tie(w.name, w.category, w.parts, w.colour, w.weight, w.is_new);
}

Whole full() {
  const Part part{{Uuid{{1, 2, 3}}}, {-5, *Currency::parse("EUR")}};
  return {.name = std::string("a\0b", 3),
          .category = CategoryId{Uuid{{9}}},
          .parts = {part, {}},
          .colour = Colour::kBlue,
          .weight = -0.1,
          .is_new = true};
}

std::string bytes_of(const Whole& whole) {
  Writer out;
  kValueType<Whole>.encode(out, &whole);
  return out.take();
}

TEST(CodecTest, WhatIsWrittenIsReadTheSame) {
  for (const auto& whole : {full(), Whole()}) {
    const auto read = kValueType<Whole>.decode(bytes_of(whole));
    ASSERT_TRUE(read);
    EXPECT_EQ(*std::static_pointer_cast<const Whole>(read), whole);
  }
}

TEST(CodecTest, WhatIsTooShortOrTooLongIsNothing) {
  const auto bytes = bytes_of(full());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(kValueType<Whole>.decode(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(kValueType<Whole>.decode(bytes + "x"));
}

TEST(CodecTest, ACountBeyondTheBytesIsRefusedBeforeMemoryIsTaken) {
  EXPECT_FALSE(kValueType<std::vector<std::int64_t>>.decode("\xff\xff\xff\xff\1\2"));
}

TEST(CodecTest, TypesOfOtherMembersHaveOtherShapes) {
  constexpr auto kOf = [](const ValueType& type) { return type.shape; };
  EXPECT_NE(kOf(kValueType<Whole>), kOf(kValueType<Part>));
  EXPECT_NE(kOf(kValueType<std::string>), kOf(kValueType<std::vector<std::string>>));
  EXPECT_NE(kOf(kValueType<std::int32_t>), kOf(kValueType<std::int64_t>));
  EXPECT_NE(kOf(kValueType<std::optional<std::string>>), kOf(kValueType<std::string>));
}

TEST(CodecTest, WhatAValueTakesIsCounted) {
  const Whole empty;
  const Whole whole = full();
  EXPECT_GE(kValueType<Whole>.memory(&empty), sizeof(Whole));
  EXPECT_GE(kValueType<Whole>.memory(&whole), kValueType<Whole>.memory(&empty) + 2 * sizeof(Part));
}

}  // namespace
}  // namespace souk::cache
