#include <gtest/gtest.h>

#include "cache/remote/redis_level.h"
#include "cache/test_cache.h"

namespace souk::cache {
namespace {

using namespace std::chrono_literals;

class RedisLevelTest : public testing::Test {
 protected:
  RedisLevelTest() { node_.flush_redis(); }

  static std::shared_ptr<Entry> entry(std::string body, std::int64_t version = 0,
                                      Position position = kTestPosition,
                                      std::vector<std::string> tags = {}) {
    return make_entry(kThing, "thing:1", text(std::move(body), version, std::move(tags)),
                      {.position = position, .epoch = kTestEpoch}, {});
  }
  bool store(const EntryPtr& e, std::uint64_t fence = 0) {
    return node_.run(node_.level.store(*e, 60s, fence));
  }
  RedisLevel::Look look() { return node_.run(node_.level.look(kThing, key_)); }
  std::string body() {
    const auto found = node_.run(node_.level.get(kThing, key_));
    return text_of(found);
  }
  double rejected(std::string_view reason) {
    return node_.redis.metric(
        fmt::format("souk_cache_remote_rejected_total{{reason=\"{}\"}}", reason));
  }

  const std::string key_ = "thing:1";
  TestNode node_;
};

TEST_F(RedisLevelTest, OneAtATimeIsGivenALeaseAndTheOthersAreToldThatItIsBusy) {
  const auto first = look();
  EXPECT_GT(first.fence, 0u);
  EXPECT_TRUE(look().busy);
  EXPECT_TRUE(store(entry("loaded"), first.fence));
  const auto found = look();
  ASSERT_NE(found.entry, nullptr);
  EXPECT_EQ(text_of(found.entry), "loaded");
}

TEST_F(RedisLevelTest, AFailedLoadGivesItsLeaseBackAndOnlyItsOwn) {
  const auto first = look();
  node_.run(node_.level.release(key_, first.fence + 1));
  EXPECT_TRUE(look().busy);
  node_.run(node_.level.release(key_, first.fence));
  const auto second = look();
  EXPECT_GT(second.fence, first.fence);
}

TEST_F(RedisLevelTest, ALeaseEndsByItselfWhereItsHolderDied) {
  const auto first = look();
  node_.redis.perform("PEXPIRE", "souk:lease:thing:1", "1");
  RedisLevel::Look second;
  ASSERT_TRUE(node_.redis.eventually([&] {
    second = look();
    return second.fence > 0;
  }));
  EXPECT_GT(second.fence, first.fence);

  // The first node comes back late: its fence is lower.
  EXPECT_TRUE(store(entry("of the second"), second.fence));
  EXPECT_FALSE(store(entry("of the first"), first.fence));
  EXPECT_EQ(body(), "of the second");
}

TEST_F(RedisLevelTest, ASlowLoadDoesNotReplaceWhatContainsMore) {
  EXPECT_TRUE(store(entry("new", 0, 1'500)));
  EXPECT_FALSE(store(entry("old", 0, 1'400)));
  EXPECT_EQ(body(), "new");
  EXPECT_TRUE(store(entry("newer", 0, 1'600)));
  EXPECT_EQ(body(), "newer");
}

TEST_F(RedisLevelTest, OlderValuesAreNotStoredOverATombstone) {
  store(entry("old", 3));
  node_.run(node_.level.store_tombstone(key_, 4, 2'000));
  EXPECT_EQ(body(), "none");
  EXPECT_FALSE(store(entry("old", 3)));
  EXPECT_TRUE(store(entry("new", 4)));
  EXPECT_EQ(body(), "new");
}

// Redis may have missed a change, or have restored older data: not used.
TEST_F(RedisLevelTest, WhatDoesNotContainAChangeIsNotUsedWhateverRedisSays) {
  store(entry("old", 3, 1'000, {"tag"}));
  EXPECT_EQ(body(), "old");
  node_.shared.invalidations.record("things", hash_of_tag("tag"), 0, 1'200);
  EXPECT_EQ(body(), "none");
  EXPECT_EQ(rejected("outdated"), 1);
  EXPECT_GT(look().fence, 0u) << "and it is to be loaded anew";
}

// Other programs that write to Redis know the format of values, but not the nodes' secret.
TEST_F(RedisLevelTest, WhatSomebodyElsePutThereIsNotUsedAndReported) {
  store(entry("1999", 3));
  constexpr redis::Secret kGuessed{};
  for (int i = 0; i < 3; ++i) {
    node_.redis.perform("SET", "souk:thing:1", seal(kGuessed, *entry("1", 4), 0));
    EXPECT_EQ(body(), "none");
  }
  EXPECT_EQ(rejected("forged"), 3);
  EXPECT_EQ(node_.redis.times_logged("cache_value_forged"), 1) << "of so many";
  EXPECT_GT(look().fence, 0u) << "and it is to be loaded anew";
}

TEST_F(RedisLevelTest, WithoutTheSecretNothingIsReadOrStored) {
  store(entry("before"));
  node_.shared.redis_secret.set(std::nullopt);
  EXPECT_FALSE(node_.level.available());
  EXPECT_EQ(body(), "none");
  EXPECT_FALSE(store(entry("after", 0, 2'000)));
  node_.shared.redis_secret.set(kTestSecret);
  EXPECT_EQ(body(), "before");
}

TEST_F(RedisLevelTest, ValuesOfAnotherHistoryAreForeignAndGiveWay) {
  store(entry("before the crash", 9, 9'000));
  node_.shared.invalidations.start_over(kTestEpoch + 1);
  node_.shared.invalidations.set_floor("things", 1);
  EXPECT_EQ(body(), "none");
  EXPECT_EQ(rejected("foreign"), 1);
  const auto after = entry("after it", 1, 10);
  after->epoch = kTestEpoch + 1;
  EXPECT_TRUE(store(after)) << "though its numbers are lower";
  EXPECT_EQ(body(), "after it");
}

TEST_F(RedisLevelTest, WhateverElseIsUnderTheKeyIsAMiss) {
  for (const std::string_view value : {"", "x", "SK", "SK\1\1", "{\"json\":true}"}) {
    node_.redis.perform("SET", "souk:thing:1", value);
    EXPECT_EQ(body(), "none") << value;
    EXPECT_EQ(look().entry, nullptr) << value;
  }
  node_.redis.perform("DEL", "souk:thing:1");
  node_.redis.perform("LPUSH", "souk:thing:1", "of another type");
  EXPECT_EQ(body(), "none");
  EXPECT_EQ(look().entry, nullptr);
  EXPECT_FALSE(store(entry("x")));
}

TEST_F(RedisLevelTest, EveryNodeReadsWhatOneHasStored) {
  store(entry("shared", 2));
  TestNode other;
  const auto found = other.run(other.level.get(kThing, key_));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(text_of(found), "shared");
}

TEST_F(RedisLevelTest, ValuesEndWithTheirTimeGiveOrTakeATenth) {
  node_.run(node_.level.store(*entry("x"), 1'000s, 0));
  const auto left = node_.redis.command("PTTL", "souk:thing:1")->integer();
  EXPECT_LE(*left, 1'000'000);
  EXPECT_GE(*left, 890'000);
}

}  // namespace
}  // namespace souk::cache
