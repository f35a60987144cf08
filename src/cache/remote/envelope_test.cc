#include "cache/remote/envelope.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "cache/test_text.h"

namespace souk::cache {
namespace {

constexpr redis::Secret kSecret{7, 8, 9};
constexpr Kind kProduct{.type = kText, .name = "product", .topic = "catalog"};
constexpr Kind kNumber{.type = &kValueType<std::int64_t>, .name = "product", .topic = "catalog"};

Entry full_entry() {
  return *make_entry(kProduct, "product:1", text(std::string("b\0dy", 4), 7, {"a", "b"}),
                     {.position = 1'234'567'890'123, .epoch = 0xfedcba9876543210},
                     Timestamp(std::chrono::microseconds(99)));
}

TEST(EnvelopeTest, WhatIsSealedComesOutTheSame) {
  const auto entry = full_entry();
  const auto sealed = seal(kSecret, entry, 5);
  const auto opened = open(kSecret, "product:1", sealed);
  ASSERT_TRUE(opened);
  const auto decoded = decode(kProduct, "product:1", *opened);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->key, "product:1");
  EXPECT_EQ(text_of(decoded), std::string("b\0dy", 4));
  EXPECT_EQ(decoded->version, 7);
  EXPECT_EQ(decoded->position, 1'234'567'890'123);
  EXPECT_EQ(decoded->tags, entry.tags);
  EXPECT_EQ(decoded->made_at, entry.made_at);
  EXPECT_EQ(decoded->epoch, 0xfedcba9876543210);
}

TEST(EnvelopeTest, AbsenceIsAnEntryAndATombstoneIsNone) {
  Entry absent;
  absent.key = "product:2";
  absent.type = kProduct.type;
  const auto sealed = seal(kSecret, absent, 0);
  const auto opened = open(kSecret, "product:2", sealed);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(decode(kProduct, "product:2", *opened)->absent());
  EXPECT_FALSE(open(kSecret, "product:2", seal_tombstone(3, 77, 0)));
}

// E.g. from an older build whose products had other members.
TEST(EnvelopeTest, AValueOfAnotherShapeIsAMiss) {
  const auto sealed = seal(kSecret, full_entry(), 0);
  EXPECT_FALSE(decode(kNumber, "product:1", *open(kSecret, "product:1", sealed)));
}

bool is_authentic(std::string_view key, std::string_view bytes,
                  const redis::Secret& secret = kSecret) {
  const auto opened = open(secret, key, bytes);
  return opened && opened->authentic;
}

TEST(EnvelopeTest, AValueIsAuthenticUnderItsKeyAndItsSecretAlone) {
  const auto sealed = seal(kSecret, full_entry(), 0);
  EXPECT_TRUE(is_authentic("product:1", sealed));
  EXPECT_FALSE(is_authentic("product:2", sealed));
  EXPECT_FALSE(is_authentic("product:1", sealed, {7, 8, 10}));
}

TEST(EnvelopeTest, NoTruncatedProlongedOrDamagedValueIsAuthentic) {
  const auto sealed = seal(kSecret, full_entry(), 0);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(is_authentic("product:1", std::string_view(sealed).substr(0, size))) << size;
  }
  EXPECT_FALSE(is_authentic("product:1", sealed + "x"));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto damaged = sealed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(is_authentic("product:1", damaged)) << at;
  }
}

TEST(EnvelopeTest, AnotherFormatIsAMiss) {
  auto sealed = seal(kSecret, full_entry(), 0);
  sealed[2] = static_cast<char>(kEnvelopeFormat + 1);
  EXPECT_FALSE(open(kSecret, "product:1", sealed));
}

TEST(EnvelopeTest, GarbageIsAMissWhateverItsLength) {
  SeededRandom random(1);
  for (int i = 0; i < 10'000; ++i) {
    std::string garbage(random.below(200), '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(garbage.data()), garbage.size()});
    if (i % 2 == 0 && garbage.size() > 4) garbage.replace(0, 4, std::string("SK\4\0", 4));
    EXPECT_FALSE(is_authentic("product:1", garbage));
  }
}

}  // namespace
}  // namespace souk::cache
