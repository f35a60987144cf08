// The contract of every level of the cache (cache.h), tested with all three.
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "cache/test_cache.h"

namespace souk::cache {
namespace {

using namespace std::chrono_literals;

struct Level {
  std::string name;
  std::function<std::unique_ptr<Cache>(TestNode&)> make;
};

// The node's own hybrid under another owner.
class Borrowed final : public Cache {
 public:
  explicit Borrowed(Cache& cache) : cache_(cache) {}
  Stamp stamp() const override { return cache_.stamp(); }
  runtime::Task<EntryPtr> get(runtime::Context& context, const Kind& kind,
                              std::string key) override {
    return cache_.get(context, kind, std::move(key));
  }
  runtime::Task<bool> set(runtime::Context& context, const Kind& kind, std::string key, Value value,
                          Stamp stamp, std::optional<std::chrono::milliseconds> expiry) override {
    return cache_.set(context, kind, std::move(key), std::move(value), stamp, expiry);
  }
  runtime::Task<void> remove(runtime::Context& context, const Kind& kind,
                             std::string key) override {
    return cache_.remove(context, kind, std::move(key));
  }
  runtime::Task<std::size_t> remove_by_pattern(runtime::Context& context,
                                               std::string pattern) override {
    return cache_.remove_by_pattern(context, std::move(pattern));
  }

 private:
  Cache& cache_;
};

const Level kMemory{"Memory", [](TestNode& node) {
                      return std::make_unique<MemoryCache>(
                          node.shared.memory, node.shared.invalidations, node.redis.clock);
                    }};
const Level kRedis{"Redis", [](TestNode& node) {
                     return std::make_unique<RedisCache>(node.level, node.shared.invalidations,
                                                         node.redis.clock);
                   }};
const Level kHybrid{"Hybrid",
                    [](TestNode& node) { return std::make_unique<Borrowed>(node.cache); }};

class CacheConformance : public testing::TestWithParam<Level> {
 protected:
  CacheConformance() : cache_(GetParam().make(node_)) {
    node_.flush_redis();
    stamp_ = cache_->stamp();
  }

  EntryPtr get(const std::string& key) {
    return node_.run(cache_->get(node_.context, kThing, key));
  }
  std::string body_of(const std::string& key) {
    const auto entry = get(key);
    return text_of(entry);
  }
  bool set(const std::string& key, Value value,
           std::optional<std::chrono::milliseconds> expiry = std::nullopt) {
    return node_.run(cache_->set(node_.context, kThing, key, std::move(value), stamp_, expiry));
  }
  void note(std::string_view tag, std::int64_t version = 0, Position by = 2'000) {
    node_.shared.invalidations.record("things", hash_of_tag(tag), version, by);
  }

  TestNode node_;
  std::unique_ptr<Cache> cache_;
  Stamp stamp_;
};

TEST_P(CacheConformance, WhatWasSetIsGotten) {
  EXPECT_EQ(get("thing:1"), nullptr);
  const std::string body("any \0 bytes", 11);
  EXPECT_TRUE(set("thing:1", text(body, 3, {"a", "b"})));
  const auto entry = get("thing:1");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->key, "thing:1");
  EXPECT_EQ(text_of(entry), body);
  EXPECT_EQ(entry->version, 3);
  EXPECT_EQ(entry->tags, (std::vector{hash_of_tag("a"), hash_of_tag("b")}));
  EXPECT_EQ(get("thing:2"), nullptr);
}

TEST_P(CacheConformance, ALaterValueReplacesAnEarlierOne) {
  set("thing:1", text("first"));
  set("thing:1", text("second"));
  EXPECT_EQ(body_of("thing:1"), "second");
}

TEST_P(CacheConformance, AnEmptyValueIsNotAMissingOne) {
  set("thing:1", text(""));
  EXPECT_EQ(body_of("thing:1"), "");
}

TEST_P(CacheConformance, AbsenceIsKept) {
  EXPECT_TRUE(set("thing:1", Value()));
  const auto entry = get("thing:1");
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(entry->absent());
}

TEST_P(CacheConformance, AValueEndsWithItsTime) {
  set("thing:1", text("short"), 30ms);
  set("thing:2", text("long"), 1h);
  EXPECT_EQ(body_of("thing:1"), "short");
  const auto begun = std::chrono::steady_clock::now();
  while (get("thing:1") != nullptr) {
    ASSERT_LT(std::chrono::steady_clock::now() - begun, 10s);
    node_.run(node_.loop().sleep(1ms));
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 20ms);
  EXPECT_EQ(body_of("thing:2"), "long");
}

TEST_P(CacheConformance, WhatWasRemovedIsGone) {
  set("thing:1", text("a"));
  set("thing:2", text("b"));
  node_.run(cache_->remove(node_.context, kThing, "thing:1"));
  node_.run(cache_->remove(node_.context, kThing, "thing:never"));
  EXPECT_EQ(get("thing:1"), nullptr);
  EXPECT_EQ(body_of("thing:2"), "b");
}

TEST_P(CacheConformance, APatternRemovesWhatItMatches) {
  for (int i = 0; i < 1'200; ++i) set("thing:a:" + std::to_string(i), text("x"));
  set("thing:b:1", text("x"));
  const auto removed = node_.run(cache_->remove_by_pattern(node_.context, "thing:a:*"));
  EXPECT_GE(removed, 1'200u);
  EXPECT_EQ(get("thing:a:7"), nullptr);
  EXPECT_EQ(body_of("thing:b:1"), "x");
}

TEST_P(CacheConformance, APatternGivesUpAtTheDeadline) {
  if (GetParam().name == "Memory") return;  // done before a deadline can pass
  set("thing:1", text("x"));
  node_.shared.memory.clear();
  node_.context.deadline = std::chrono::steady_clock::now();
  EXPECT_EQ(node_.run(cache_->remove_by_pattern(node_.context, "thing:*")), 0u);
}

TEST_P(CacheConformance, WhatWasReadBeforeAChangeIsNotKept) {
  note("thing:1");
  EXPECT_FALSE(set("thing:1", text("old")));
  EXPECT_EQ(get("thing:1"), nullptr);
  note("tag");
  EXPECT_FALSE(set("list:1", text("old", 0, {"tag"})));
  stamp_ = cache_->stamp();
  EXPECT_TRUE(set("list:1", text("new", 0, {"tag"})));
}

TEST_P(CacheConformance, AnOlderVersionDoesNotReplaceANewerOne) {
  set("thing:1", text("new", 5));
  EXPECT_FALSE(set("thing:1", text("old", 4)));
  EXPECT_EQ(body_of("thing:1"), "new");
  EXPECT_TRUE(set("thing:1", text("same", 5)));
  EXPECT_EQ(body_of("thing:1"), "same");
}

INSTANTIATE_TEST_SUITE_P(Levels, CacheConformance, testing::Values(kMemory, kRedis, kHybrid),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace souk::cache
