#include "cache/remote/envelope.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace souk::cache {
namespace {

Entry full_entry() {
  static constexpr Kind kKind{.name = "product", .topic = "catalog"};
  auto entry = *make_entry(kKind, "product:1",
                           {.bytes = "body", .etag = "\"7\"", .version = 7, .tags = {"a", "b"}},
                           {.position = 1'234'567'890'123, .epoch = 0xfedcba9876543210},
                           Timestamp(std::chrono::microseconds(99)));
  entry.content.gzip = "zip";
  entry.content.brotli = std::string("b\0r", 3);
  return entry;
}

TEST(EnvelopeTest, WhatIsSealedComesOutTheSame) {
  const auto entry = full_entry();
  const auto opened = open("product:1", seal(entry, 5));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->key, "product:1");
  EXPECT_EQ(opened->content.identity, "body");
  EXPECT_EQ(opened->content.gzip, "zip");
  EXPECT_EQ(opened->content.brotli, std::string("b\0r", 3));
  EXPECT_EQ(opened->etag, "\"7\"");
  EXPECT_EQ(opened->version, 7);
  EXPECT_EQ(opened->position, 1'234'567'890'123);
  EXPECT_EQ(opened->tags, entry.tags);
  EXPECT_EQ(opened->made_at, entry.made_at);
  EXPECT_FALSE(opened->absent);
  EXPECT_EQ(opened->epoch, 0xfedcba9876543210);
}

TEST(EnvelopeTest, AbsenceIsAnEntryAndATombstoneIsNone) {
  Entry absent;
  absent.key = "product:2";
  absent.absent = true;
  const auto opened = open("product:2", seal(absent, 0));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->absent);
  EXPECT_FALSE(open("product:2", seal_tombstone("product:2", 3, 77, 0)));
}

TEST(EnvelopeTest, AValueUnderAnotherKeyIsForeign) {
  EXPECT_FALSE(open("product:2", seal(full_entry(), 0)));
}

TEST(EnvelopeTest, TruncatedProlongedAndDamagedValuesAreMisses) {
  const auto sealed = seal(full_entry(), 0);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(open("product:1", std::string_view(sealed).substr(0, size))) << size;
  }
  EXPECT_FALSE(open("product:1", sealed + "x"));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto damaged = sealed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(open("product:1", damaged)) << at;
  }
}

TEST(EnvelopeTest, AnotherFormatIsAMiss) {
  auto sealed = seal(full_entry(), 0);
  sealed[2] = static_cast<char>(kEnvelopeFormat + 1);
  EXPECT_FALSE(open("product:1", sealed));
}

TEST(EnvelopeTest, GarbageIsAMissWhateverItsLength) {
  SeededRandom random(1);
  for (int i = 0; i < 10'000; ++i) {
    std::string garbage(random.below(200), '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(garbage.data()), garbage.size()});
    if (i % 2 == 0 && garbage.size() > 4) garbage.replace(0, 4, std::string("SK\1\0", 4));
    EXPECT_FALSE(open("product:1", garbage));
  }
}

}  // namespace
}  // namespace souk::cache
