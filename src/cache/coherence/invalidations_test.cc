#include "cache/coherence/invalidations.h"

#include <gtest/gtest.h>

#include "cache/test_text.h"

namespace souk::cache {
namespace {

constexpr Kind kRow{.type = kText, .name = "row", .topic = "rows"};
constexpr Kind kList{.type = kText, .name = "list", .topic = "rows", .tagged_by_loader = true};
constexpr Kind kOther{.type = kText, .name = "other", .topic = "others"};
constexpr Epoch kEpoch = 42;

class InvalidationsTest : public testing::Test {
 protected:
  InvalidationsTest() {
    changes_.start_over(kEpoch);
    changes_.set_floor("rows", 100);
    changes_.set_floor("others", 100);
    changes_.confirm(100, {});
  }

  static Entry entry(std::string key, std::int64_t version = 0, Position position = 100,
                     std::vector<std::string> tags = {}) {
    return *make_entry(kRow, std::move(key), text("x", version, tags),
                       {.position = position, .epoch = kEpoch}, {});
  }
  void note(std::string_view tag, std::int64_t version, Position by) {
    changes_.record("rows", hash_of_tag(tag), version, by);
  }
  static Entry other(std::string key) {
    auto other = entry(std::move(key));
    other.topic = kOther.topic;
    return other;
  }
  bool holds(Entry entry, Invalidations::Sequence since) {
    entry.since = since;
    return changes_.holds(entry);
  }
  bool from_redis(const Entry& e) { return changes_.holds_from_redis(e); }

  Invalidations changes_{{"rows", "others"}, 1'000};
};

TEST_F(InvalidationsTest, ALoadHoldsUnlessSomethingOfItWasNotedSince) {
  const auto since = changes_.sequence();
  EXPECT_TRUE(holds(entry("row:1", 0, 100, {"tag"}), since));
  note("row:2", 0, 101);
  EXPECT_TRUE(holds(entry("row:1", 0, 100, {"tag"}), since));
  note("tag", 0, 102);
  EXPECT_FALSE(holds(entry("row:1", 0, 100, {"tag"}), since));
  EXPECT_TRUE(holds(entry("row:1", 0, 100, {"tag"}), changes_.sequence()));
  note("row:1", 0, 103);
  EXPECT_FALSE(holds(entry("row:1"), since));
}

// The fill-versus-invalidate race: read at version 3, changed to 4 meanwhile, cached afterwards.
TEST_F(InvalidationsTest, ASlowLoadOfAnOlderVersionIsRefusedAndOneOfTheNewIsNot) {
  const auto since = changes_.sequence();
  note("row:1", 4, 101);
  EXPECT_FALSE(holds(entry("row:1", 3), since));
  EXPECT_TRUE(holds(entry("row:1", 4), since));
  EXPECT_TRUE(holds(entry("row:1", 5), since));
}

TEST_F(InvalidationsTest, AnEntryFromRedisHoldsIfItContainsEveryChange) {
  EXPECT_TRUE(from_redis(entry("row:1", 0, 100)));
  note("row:1", 0, 150);
  EXPECT_FALSE(from_redis(entry("row:1", 0, 150)));
  EXPECT_TRUE(from_redis(entry("row:1", 0, 151)));
  EXPECT_FALSE(from_redis(entry("list", 0, 150, {"row:1"})));
  EXPECT_TRUE(from_redis(entry("list", 0, 151, {"row:1"})));
}

TEST_F(InvalidationsTest, ItsVersionTellsWhatItsPositionCannot) {
  note("row:1", 7, 150);
  EXPECT_TRUE(from_redis(entry("row:1", 7, 120)));
  EXPECT_FALSE(from_redis(entry("row:1", 6, 120)));
  // Only for its own row: a list's version has no meaning.
  EXPECT_FALSE(from_redis(entry("list", 9, 120, {"row:1"})));
  // An entry for an absent row has no version.
  auto absent = entry("row:1", 8, 120);
  absent.value = nullptr;
  EXPECT_FALSE(from_redis(absent));
}

TEST_F(InvalidationsTest, ChangesMayBeNotedInAnyOrderAndTwice) {
  note("row:1", 8, 200);
  note("row:1", 7, 150);
  EXPECT_FALSE(from_redis(entry("row:1", 7, 160)));
  EXPECT_TRUE(from_redis(entry("row:1", 8, 160)));
  EXPECT_TRUE(from_redis(entry("row:1", 0, 201)));
  const auto before = changes_.sequence();
  EXPECT_FALSE(changes_.record("rows", hash_of_tag("row:1"), 8, 200));
  EXPECT_EQ(changes_.sequence(), before);
}

// The log returns the rows of a transaction in any order.
TEST_F(InvalidationsTest, OfTwoChangesByOneTransactionTheHighestVersionIsKnown) {
  const auto since = changes_.sequence();
  EXPECT_TRUE(changes_.record("rows", hash_of_tag("row:1"), 7, 200));
  EXPECT_TRUE(changes_.record("rows", hash_of_tag("row:1"), 8, 200));
  EXPECT_FALSE(holds(entry("row:1", 7), since));
  EXPECT_TRUE(holds(entry("row:1", 8), since));
  EXPECT_FALSE(changes_.record("rows", hash_of_tag("row:1"), 7, 200));
}

TEST_F(InvalidationsTest, WhatIsOlderThanWhatIsKnownIsNotBelieved) {
  EXPECT_FALSE(from_redis(entry("row:1", 0, 99)));
  auto foreign = entry("row:1", 0, 1'000);
  foreign.epoch = kEpoch + 1;
  EXPECT_FALSE(from_redis(foreign));
  changes_.start_over(kEpoch + 1);
  EXPECT_FALSE(from_redis(foreign)) << "no floor yet";
  changes_.set_floor("rows", 1);
  EXPECT_TRUE(from_redis(foreign));
}

TEST_F(InvalidationsTest, WhatIsForgottenIsNotBelievedAnyMore) {
  const auto since = changes_.sequence();
  for (int i = 0; i < 5'000; ++i) note("row:" + std::to_string(i), 0, 1'000 + i);
  EXPECT_FALSE(holds(entry("row:x"), since));
  EXPECT_FALSE(from_redis(entry("row:x", 0, 1'500)));
  EXPECT_TRUE(from_redis(entry("row:x", 0, 6'000)));
  EXPECT_TRUE(holds(other("other:1"), since)) << "topics forget by themselves";
  EXPECT_TRUE(changes_.holds_from_redis(other("other:1")));
}

TEST_F(InvalidationsTest, EverythingOfATopicMayBeVoidAtOnce) {
  const auto since = changes_.sequence();
  changes_.record_all("rows", 500);
  EXPECT_FALSE(holds(entry("row:1"), since));
  EXPECT_FALSE(from_redis(entry("row:1", 0, 500)));
  EXPECT_TRUE(from_redis(entry("row:1", 0, 501)));
  EXPECT_TRUE(holds(entry("row:1"), changes_.sequence()));
  EXPECT_TRUE(holds(other("other:1"), since));
}

TEST_F(InvalidationsTest, WhoComesAfterAChangeDoesNotJoinALoadFromBefore) {
  const auto since = changes_.sequence();
  const auto row = hash_of_tag("row:1");
  EXPECT_FALSE(changes_.changed_since(kRow, row, since));
  note("row:2", 0, 101);
  EXPECT_FALSE(changes_.changed_since(kRow, row, since));
  // The dependencies of a list are known only after it is loaded.
  EXPECT_TRUE(changes_.changed_since(kList, hash_of_tag("list:1"), since));
  note("row:1", 2, 102);
  EXPECT_TRUE(changes_.changed_since(kRow, row, since));
}

}  // namespace
}  // namespace souk::cache
