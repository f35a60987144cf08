#include "cache/memory/memory_level.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "cache/test_text.h"

namespace souk::cache {
namespace {

constexpr std::size_t kMiB = 1 << 20;

EntryPtr entry(std::string key, std::string body = "x", std::int64_t version = 0,
               std::vector<std::string> tags = {}) {
  static constexpr Kind kKind{.type = kText, .name = "thing", .topic = "things"};
  return make_entry(kKind, std::move(key), text(std::move(body), version, std::move(tags)), {}, {});
}

bool always(const Entry&) { return true; }
bool never(const Entry&) { return false; }

class MemoryLevelTest : public testing::Test {
 protected:
  std::string body_of(std::string_view key) {
    const auto found = level_.get(key);
    return text_of(found);
  }
  MemoryLevel::Put put(EntryPtr entry) { return level_.put(std::move(entry), always); }

  MemoryLevel level_{kMiB};
};

TEST_F(MemoryLevelTest, KeepsWhatWasPutUnderItsKey) {
  put(entry("a", "1"));
  put(entry("b", "2"));
  EXPECT_EQ(body_of("a"), "1");
  EXPECT_EQ(body_of("b"), "2");
  EXPECT_EQ(body_of("c"), "none");
  put(entry("a", "3"));
  EXPECT_EQ(body_of("a"), "3");
  EXPECT_EQ(level_.entries(), 2u);
}

// With a public hash, clients can compute colliding keys. These did: each is two words, the second
// of which cancels the first.
TEST_F(MemoryLevelTest, KeysThatWereMadeToCollideAreKeptSideBySide) {
  constexpr int kKeys = 100;
  for (std::uint64_t first = 1; first <= kKeys; ++first) {
    const std::uint64_t start = 0x9e3779b97f4a7c15 ^ (2 * sizeof(first));
    const auto product = static_cast<unsigned __int128>(start ^ first) * 0xd6e8feb86659fd93;
    const auto second =
        static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    std::string key(2 * sizeof(first), '\0');
    std::memcpy(key.data(), &first, sizeof(first));
    std::memcpy(key.data() + sizeof(first), &second, sizeof(second));
    put(entry(key));
  }
  EXPECT_EQ(level_.entries(), kKeys);
}

TEST_F(MemoryLevelTest, RefusesWhatDoesNotHoldAndWhatIsOlder) {
  EXPECT_EQ(level_.put(entry("a"), never), MemoryLevel::Put::kRefused);
  EXPECT_EQ(body_of("a"), "none");
  put(entry("a", "new", 7));
  EXPECT_EQ(put(entry("a", "old", 6)), MemoryLevel::Put::kOlder);
  EXPECT_EQ(body_of("a"), "new");
  EXPECT_EQ(put(entry("a", "same", 7)), MemoryLevel::Put::kKept);
  auto restored = std::make_shared<Entry>(*entry("a", "of another history", 2));
  restored->epoch = 1;
  EXPECT_EQ(put(restored), MemoryLevel::Put::kKept);
}

TEST_F(MemoryLevelTest, NeverTakesMoreThanItsBytes) {
  for (int i = 0; i < 2'000; ++i) {
    put(entry("key" + std::to_string(i), std::string(4'000, 'x')));
    ASSERT_LE(level_.bytes(), kMiB);
  }
  EXPECT_GT(level_.bytes(), kMiB / 2);
  EXPECT_GT(level_.evictions(), 1'500u);
  EXPECT_EQ(put(entry("huge", std::string(kMiB / 16, 'x'))), MemoryLevel::Put::kTooLarge);
}

TEST_F(MemoryLevelTest, WithoutRoomItKeepsNothing) {
  MemoryLevel none(0);
  EXPECT_EQ(none.put(entry("a"), always), MemoryLevel::Put::kTooLarge);
  EXPECT_EQ(none.get("a"), nullptr);
}

TEST_F(MemoryLevelTest, ATagTakesEverythingThatHasIt) {
  for (int i = 0; i < 100; ++i) {
    put(entry("list" + std::to_string(i), "x", 0, {"all", i % 2 == 0 ? "even" : "odd"}));
  }
  EXPECT_EQ(level_.remove_tag("even"), 50u);
  EXPECT_EQ(body_of("list2"), "none");
  EXPECT_EQ(body_of("list3"), "x");
  EXPECT_EQ(level_.remove_tag("list3"), 1u);
  EXPECT_EQ(level_.remove_tag("all"), 49u);
  EXPECT_EQ(level_.entries(), 0u);
  EXPECT_EQ(level_.bytes(), 0u);
}

TEST_F(MemoryLevelTest, TheChangeItselfStaysWhereItIsKeptAlready) {
  put(entry("row", "new", 5));
  put(entry("list", "x", 0, {"row"}));
  EXPECT_EQ(level_.remove_tag("row", 5), 1u);
  EXPECT_EQ(body_of("row"), "new");
  EXPECT_EQ(body_of("list"), "none");
  EXPECT_EQ(level_.remove_tag("row", 6), 1u);
}

TEST_F(MemoryLevelTest, WhatIsRenderedOfAnEntryCounts) {
  const auto plain = entry("a", "plain");
  put(plain);
  const auto before = level_.bytes();
  plain->renderings.add({{}, std::string(1'000, 'x')});
  level_.grew(*plain);
  EXPECT_GE(level_.bytes(), before + 1'000);
  EXPECT_LT(level_.bytes(), before + 1'500);
  put(entry("a", "another"));
  EXPECT_LE(level_.bytes(), before + 10);
  level_.grew(*plain);
  EXPECT_LE(level_.bytes(), before + 10) << "it is not kept any more";
  level_.remove("a");
  EXPECT_EQ(level_.bytes(), 0u);
}

TEST_F(MemoryLevelTest, WhatGrowsPastItsShareLeaves) {
  const auto large = entry("a");
  put(large);
  large->renderings.add(
      {{}, std::string(kMiB / MemoryLevel::kShards / MemoryLevel::kMaxShare, 'x')});
  level_.grew(*large);
  EXPECT_EQ(body_of("a"), "none");
  EXPECT_EQ(level_.bytes(), 0u);
  EXPECT_EQ(level_.evictions(), 1u);
}

TEST_F(MemoryLevelTest, ManyEntriesThatGrowMakeRoom) {
  for (int i = 0; i < 2'000; ++i) {
    const auto each = entry("key" + std::to_string(i));
    put(each);
    each->renderings.add({{}, std::string(4'000, 'x')});
    level_.grew(*each);
    ASSERT_LE(level_.bytes(), kMiB);
  }
}

// Composed entries have their parts' keys as tags.
TEST_F(MemoryLevelTest, APatternTakesWhatIsComposedOfWhatItMatchesAlong) {
  put(entry("row:1"));
  put(entry("both", "x", 0, {"row:1"}));
  put(entry("other", "x", 0, {"row"}));
  EXPECT_EQ(level_.remove_matching("row:*"), 2u);
  EXPECT_EQ(body_of("both"), "none");
  EXPECT_EQ(body_of("other"), "x");
}

TEST_F(MemoryLevelTest, WhatIsHeldLivesOnAfterItWasRemoved) {
  put(entry("a", "held"));
  const auto held = level_.get("a");
  level_.clear();
  EXPECT_EQ(text_of(held), "held");
}

TEST_F(MemoryLevelTest, ASampleIsOfWhatIsKept) {
  SeededRandom random(1);
  EXPECT_TRUE(level_.sample(random, 5).empty());
  for (int i = 0; i < 1'000; ++i) put(entry("key" + std::to_string(i)));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(level_.sample(random, 5).size(), 5u);
}

// A change is recorded first, then its entries are removed; put() checks in between.
TEST_F(MemoryLevelTest, NothingRemovedByManyThreadsIsLeftBehind) {
  std::atomic<int> noted{0};
  const auto work = [&](int thread) {
    for (int i = 0; i < 20'000; ++i) {
      const auto key = "key" + std::to_string(i % 50);
      if (i % 10 == thread) {
        ++noted;
        level_.remove_tag("tag" + std::to_string(i % 5));
      } else {
        const auto since = noted.load();
        level_.put(entry(key, "x", 0, {"tag" + std::to_string(i % 5)}),
                   [&](const Entry&) { return noted == since; });
        level_.get(key);
      }
    }
  };
  std::thread other(work, 1);
  work(2);
  other.join();
  for (int i = 0; i < 5; ++i) level_.remove_tag("tag" + std::to_string(i));
  EXPECT_EQ(level_.entries(), 0u);
  EXPECT_EQ(level_.bytes(), 0u);
}

}  // namespace
}  // namespace souk::cache
