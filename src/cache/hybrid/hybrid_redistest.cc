#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "cache/test_cache.h"
#include "postgres/errors.h"
#include "runtime/test_until.h"

namespace souk::cache {
namespace {

using namespace std::chrono_literals;
using runtime::Context;
using runtime::Scope;
using runtime::Task;

// A database of one row, which can be made to block and to fail.
class Row {
 public:
  explicit Row(runtime::Loop& loop) : gate_(loop) { gate_.set(); }

  Loader loader() {
    return [this](Context& context) { return load(context); };
  }
  void hold() { gate_.reset(); }
  void release() { gate_.set(); }

  Value value = text("1", 1);
  bool fails = false;
  int loads = 0;
  int running = 0;
  int cancelled = 0;

 private:
  Task<Value> load(Context& context) {
    ++loads;
    ++running;
    ++context.statements;
    auto read = value;
    const bool fail = fails;
    // The row may change while the read value is in transit.
    while (!context.cancelled && !co_await gate_.wait(1ms)) {
    }
    --running;
    if (context.cancelled) {
      ++cancelled;
      throw Timeout("cancelled");
    }
    if (fail) throw Unavailable("the database is away");
    co_return read;
  }

  runtime::Event gate_;
};

class HybridCacheTest : public testing::Test {
 protected:
  explicit HybridCacheTest(CacheConfig config = {}) : node_(config) { node_.flush_redis(); }

  Found get(const Kind& kind = kThing) {
    return node_.run(node_.cache.get_or_load(node_.context, kind, std::string(key_), row_.loader()))
        .value();
  }
  Found load(const std::string& key) {
    return node_.run(node_.cache.get_or_load(node_.context, kThing, key, row_.loader())).value();
  }
  std::string body(const Kind& kind = kThing) { return text_of(get(kind).entry); }
  Task<void> get_into(std::vector<std::string>& bodies) {
    Context context;
    co_await get_into(bodies, context);
  }
  Task<void> get_into(std::vector<std::string>& bodies, Context& context) {
    try {
      const auto found =
          co_await node_.cache.get_or_load(context, kThing, std::string(key_), row_.loader());
      bodies.push_back(text_of(found->entry) + (found->stale ? " (stale)" : ""));
    } catch (const Unavailable& error) {
      bodies.emplace_back(error.what());
    }
  }
  Task<void> until(std::function<bool()> condition) {
    return runtime::until(node_.loop(), std::move(condition));
  }
  Task<void> two_clients_leave(std::vector<std::string>& bodies) {
    Context first;
    Context second;
    Scope scope(node_.loop());
    scope.spawn(get_into(bodies, first));
    scope.spawn(get_into(bodies, second));
    co_await until([this] { return row_.running == 1; });
    first.cancel();
    co_await until([&bodies] { return bodies.size() == 1; });
    EXPECT_EQ(row_.running, 1) << "the other still waits for it";
    second.cancel();
    co_await scope.join();
    co_await until([this] { return row_.cancelled == 1; });
  }
  // A committed write of this node.
  void write(std::string bytes, Position by = 2'000) {
    row_.value = text(std::move(bytes), row_.value.version + 1);
    const std::array changes = {Change{std::string(key_), row_.value.version}};
    node_.cache.changed("things", changes, by);
  }
  // Waits until the loaded value has arrived there first.
  void empty_redis() {
    ASSERT_TRUE(node_.redis.eventually(
        [&] { return node_.redis.command("EXISTS", "souk:thing:1")->integer() == 1; }));
    node_.flush_redis();
  }
  // Replaces the cached entry.
  void put(EntryPtr entry) {
    ASSERT_EQ(node_.shared.memory.put(std::move(entry), [](const Entry&) { return true; }),
              MemoryLevel::Put::kKept);
  }
  // Sets the age of the last confirmation.
  void cut_off(std::chrono::milliseconds age) {
    node_.shared.invalidations.confirm(kTestPosition, std::chrono::steady_clock::now() - age);
  }
  // As after the entry's expiry, without waiting.
  void expire() {
    const auto kept = node_.shared.memory.get(key_);
    auto older = std::make_shared<Entry>(*kept);
    older->refresh_at = older->fresh_until = std::chrono::steady_clock::now();
    put(older);
  }
  double metric(std::string_view name) const { return node_.redis.metric(name); }

  static constexpr std::string_view key_ = "thing:1";
  TestNode node_;
  Row row_{node_.loop()};
};

TEST_F(HybridCacheTest, LoadsOnceAndAnswersFromMemoryThen) {
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
  EXPECT_EQ(body(), "1");
  EXPECT_EQ(node_.context.statements, 1u) << "who began the load pays for it";
  EXPECT_EQ(body(), "1");
  EXPECT_EQ(node_.context.statements, 1u);
  ASSERT_NE(node_.cache.hit(kThing, key_), nullptr);
  EXPECT_EQ(row_.loads, 1);
}

// Such a load ran to its end in the database although nobody waited.
TEST_F(HybridCacheTest, ALoadEndsWhenNobodyWaitsForItAnyMore) {
  row_.hold();
  std::vector<std::string> bodies;
  node_.run(two_clients_leave(bodies));
  EXPECT_EQ(bodies.size(), 2u);
  EXPECT_EQ(row_.loads, 1);
  row_.release();
  EXPECT_EQ(body(), "1") << "whoever asks next is served";
  EXPECT_EQ(row_.loads, 2);
}

TEST_F(HybridCacheTest, AThousandAtOnceAreOneLoad) {
  row_.hold();
  std::vector<std::string> bodies;
  Scope scope(node_.loop());
  for (int i = 0; i < 1'000; ++i) scope.spawn(get_into(bodies));
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(row_.loads, 1);
  EXPECT_EQ(bodies, std::vector<std::string>(1'000, "1"));
}

TEST_F(HybridCacheTest, AFailureReachesEveryWaiterAndIsNotKept) {
  row_.hold();
  row_.fails = true;
  std::vector<std::string> bodies;
  Scope scope(node_.loop());
  for (int i = 0; i < 10; ++i) scope.spawn(get_into(bodies));
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(bodies, std::vector<std::string>(10, "the database is away"));
  EXPECT_EQ(row_.loads, 1);
  row_.fails = false;
  EXPECT_EQ(body(), "1");
  EXPECT_EQ(row_.loads, 2);
}

TEST_F(HybridCacheTest, AbsenceIsKeptUntilTheRowAppears) {
  row_.value = Value();
  EXPECT_TRUE(get().entry->absent());
  EXPECT_TRUE(get().entry->absent());
  EXPECT_EQ(row_.loads, 1);
  EXPECT_NE(node_.cache.hit(kThing, key_), nullptr) << "that there is none is a hit like any other";
  row_.value = text("here", 0);
  write("here");
  EXPECT_EQ(body(), "here");
}

// Deterministic: the load has read version 1 and is in transit when version 2 is written. Without
// versions and sequence numbers it would be cached over the change, here and in Redis.
TEST_F(HybridCacheTest, ALoadFromBeforeAChangeIsNotKept) {
  row_.hold();
  std::vector<std::string> early;
  Scope scope(node_.loop());
  scope.spawn(get_into(early));
  ASSERT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  write("2");
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(early, std::vector<std::string>{"1"}) << "it asked before the write was answered";
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
  EXPECT_EQ(metric("souk_cache_fills_total{kind=\"thing\",outcome=\"refused\"}"), 1);
  EXPECT_EQ(body(), "2");
  node_.shared.memory.clear();
  EXPECT_EQ(body(), "2");
}

// Requests after the change wait for the old load to end, and share one new load.
TEST_F(HybridCacheTest, WhoComesAfterAChangeGetsTheNextLoadAndAllOfThemThatOne) {
  row_.hold();
  std::vector<std::string> early;
  std::vector<std::string> late;
  Scope scope(node_.loop());
  scope.spawn(get_into(early));
  EXPECT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  write("2");
  for (int i = 0; i < 10; ++i) scope.spawn(get_into(late));
  EXPECT_EQ(row_.running, 1) << "never twice at once";
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(early, std::vector<std::string>{"1"});
  EXPECT_EQ(late, std::vector<std::string>(10, "2"));
  EXPECT_EQ(row_.loads, 2);
}

TEST_F(HybridCacheTest, OfAListNobodyKnowsBeforeWhetherAChangeConcernsIt) {
  row_.hold();
  row_.value = text("list 1", 0, {"thing:7"});
  std::vector<Found> found(2);
  Scope scope(node_.loop());
  const auto ask = [](HybridCache& cache, Row& row, Found& into) -> Task<void> {
    Context context;
    into = (co_await cache.get_or_load(context, kThings, "things:all", row.loader())).value();
  };
  scope.spawn(ask(node_.cache, row_, found[0]));
  ASSERT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  row_.value = text("list 2", 0, {"thing:7"});
  const std::array changes = {Change{"thing:7", 3}};
  node_.cache.changed("things", changes, 2'000);
  scope.spawn(ask(node_.cache, row_, found[1]));
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(text_of(found[1].entry), "list 2");
  EXPECT_EQ(text_of(node_.cache.hit(kThings, "things:all")), "list 2");
}

TEST_F(HybridCacheTest, WhatAWriterShowsIsKeptOverAnySlowerLoad) {
  row_.hold();
  std::vector<std::string> early;
  Scope scope(node_.loop());
  scope.spawn(get_into(early));
  ASSERT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  node_.cache.write_through(kThing, std::string(key_), text("2", 2), 2'000, node_.cache.stamp());
  EXPECT_EQ(text_of(node_.cache.hit(kThing, key_)), "2");
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(text_of(node_.cache.hit(kThing, key_)), "2");
  // Another node with empty memory finds the writer's value in Redis.
  TestNode other;
  ASSERT_TRUE(node_.redis.eventually([&] {
    const auto found = other.run(other.level.get(kThing, std::string(key_)));
    return text_of(found) == "2";
  }));
}

// A writer on a busy loop wrote its value through after the follower had recorded a later change of
// the row: the older value was cached until the next change.
TEST_F(HybridCacheTest, WhatAWriterShowsTooLateIsNotKept) {
  const auto stamp = node_.cache.stamp();
  node_.shared.invalidations.record("things", hash_of_tag(key_), 3, 2'001);
  node_.shared.memory.remove_tag(key_, 3);
  node_.cache.write_through(kThing, std::string(key_), text("2", 2), 2'000, stamp);
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
}

// The follower removes nothing for a change that is recorded already: the older entry remained
// until its expiry, on the very node that had written.
TEST_F(HybridCacheTest, WhatAWriterShowsAndIsNotKeptStillRemovesTheOlderEntry) {
  const auto stamp = node_.cache.stamp();
  node_.shared.invalidations.record_all("things", 1'999);
  EXPECT_EQ(body(), "1");
  ASSERT_NE(node_.cache.hit(kThing, key_), nullptr);
  node_.cache.write_through(kThing, std::string(key_), text("2", 2), 2'000, stamp);
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
}

TEST_F(HybridCacheTest, WhatAWriterShowsAndIsTooLargeRemovesTheOlderEntry) {
  EXPECT_EQ(body(), "1");
  const auto shard = node_.shared.memory.max_bytes() / MemoryLevel::kShards;
  std::string large(shard / MemoryLevel::kMaxShare, 'x');
  node_.cache.write_through(kThing, std::string(key_), text(std::move(large), 2), 2'000,
                            node_.cache.stamp());
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
}

TEST_F(HybridCacheTest, WhatAWriterShowsTooLateSparesTheLaterEntry) {
  const auto stamp = node_.cache.stamp();
  row_.value = text("3", 3);
  node_.shared.invalidations.record("things", hash_of_tag(key_), 3, 2'001);
  EXPECT_EQ(body(), "3");
  node_.cache.write_through(kThing, std::string(key_), text("2", 2), 2'000, stamp);
  ASSERT_NE(node_.cache.hit(kThing, key_), nullptr);
  EXPECT_EQ(text_of(node_.cache.hit(kThing, key_)), "3");
}

// ---- when the database does not answer

TEST_F(HybridCacheTest, AnExpiredEntryStandsInForADatabaseThatIsDown) {
  EXPECT_EQ(body(), "1");
  empty_redis();
  expire();
  row_.fails = true;
  const auto found = get();
  EXPECT_EQ(text_of(found.entry), "1");
  EXPECT_TRUE(found.stale);
  EXPECT_EQ(metric("souk_cache_stale_served_total{kind=\"thing\",reason=\"error\"}"), 1);
  EXPECT_EQ(node_.redis.times_logged("cache_load_failed"), 1);
  row_.fails = false;
  EXPECT_FALSE(get().stale);
  EXPECT_EQ(node_.redis.times_logged("cache_load_resumed"), 1);
}

TEST_F(HybridCacheTest, NotForEver) {
  body();
  empty_redis();
  const auto kept = node_.shared.memory.get(key_);
  auto old = std::make_shared<Entry>(*kept);
  old->refresh_at = old->fresh_until = old->stale_until = std::chrono::steady_clock::now();
  put(old);
  row_.fails = true;
  EXPECT_THROW(get(), Unavailable);
}

class HybridCacheInAHurry : public HybridCacheTest {
 protected:
  HybridCacheInAHurry() : HybridCacheTest({.soft_timeout = 20ms, .max_confirming = 1}) {}
};

TEST_F(HybridCacheInAHurry, AnExpiredEntryStandsInForADatabaseThatIsSlowAndTheLoadGoesOn) {
  body();
  empty_redis();
  expire();
  row_.value = text("2", 2);
  row_.hold();
  const auto found = get();
  EXPECT_EQ(text_of(found.entry), "1");
  EXPECT_TRUE(found.stale);
  row_.release();
  ASSERT_TRUE(node_.redis.eventually([&] { return node_.cache.hit(kThing, key_) != nullptr; }));
  EXPECT_EQ(body(), "2");
}

TEST_F(HybridCacheInAHurry, ANodeThatIsCutOffAsksTheDatabaseAndSaysWhereItCannot) {
  body();
  cut_off(200ms);
  // The entry itself was just loaded.
  EXPECT_FALSE(get().stale);
  const auto kept = node_.shared.memory.get(key_);
  auto old = std::make_shared<Entry>(*kept);
  old->confirmed_at = std::chrono::steady_clock::now() - 1s;
  put(old);
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
  row_.value = text("2", 2);
  EXPECT_EQ(body(), "2") << "not what Redis has, which nobody can judge now";
  EXPECT_EQ(row_.loads, 2);

  const auto loaded = node_.shared.memory.get(key_);
  auto older = std::make_shared<Entry>(*loaded);
  older->confirmed_at = std::chrono::steady_clock::now() - 1s;
  put(older);
  row_.fails = true;
  EXPECT_TRUE(get().stale);
}

TEST_F(HybridCacheInAHurry, ADisconnectedNodeConfirmsAnEntryWithOneLoad) {
  body();
  cut_off(200ms);
  const auto kept = node_.shared.memory.get(key_);
  auto old = std::make_shared<Entry>(*kept);
  old->confirmed_at = std::chrono::steady_clock::now() - 1s;
  put(old);
  row_.hold();
  std::vector<std::string> bodies;
  Scope scope(node_.loop());
  for (int i = 0; i < 100; ++i) scope.spawn(get_into(bodies));
  EXPECT_EQ(bodies, std::vector<std::string>(99, "1 (stale)")) << "one is confirming";
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(row_.loads, 2);
}

// ---- background reloads

TEST_F(HybridCacheTest, WhatIsAskedForShortlyBeforeItsEndIsLoadedAnewMeanwhile) {
  body();
  const auto kept = node_.shared.memory.get(key_);
  auto old = std::make_shared<Entry>(*kept);
  old->refresh_at = std::chrono::steady_clock::now();
  put(old);
  empty_redis();
  row_.hold();
  EXPECT_EQ(body(), "1") << "at once, from the old entry";
  EXPECT_EQ(body(), "1");
  ASSERT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  row_.release();
  ASSERT_TRUE(node_.redis.eventually([&] { return node_.cache.hit(kThing, key_) != nullptr; }));
  EXPECT_EQ(row_.loads, 2);
}

TEST_F(HybridCacheTest, WhatIsRenderedIsKeptWithItsEntryAndTheFirstOneStays) {
  const auto entry = get().entry;
  EXPECT_EQ(entry->renderings.find(kPlain), nullptr);
  const auto before = node_.shared.memory.bytes();
  const auto& first = node_.cache.keep_rendering(entry, {kPlain, std::string(1'000, '1')});
  EXPECT_GE(node_.shared.memory.bytes(), before + 1'000);
  EXPECT_EQ(&node_.cache.keep_rendering(entry, {kPlain, "2"}), &first);
  EXPECT_EQ(node_.cache.hit(kThing, key_)->renderings.find(kPlain), &first);
  EXPECT_EQ(entry->renderings.find(kGzip), nullptr);
}

TEST_F(HybridCacheTest, CompressedFormsAreMadeOnceWhenFirstAskedFor) {
  const auto entry = get().entry;
  const auto plain = std::make_shared<const Rendering>(kPlain, std::string(2'000, 'x'));
  const auto want = [&](RenderingKey key) { node_.cache.want_compressed(entry, plain, key); };
  for (int i = 0; i < 10; ++i) want(kGzip);
  ASSERT_TRUE(node_.redis.eventually([&] { return entry->renderings.find(kGzip) != nullptr; }));
  EXPECT_EQ(entry->renderings.find(kGzip)->bytes, "gzip of " + plain->bytes);
  EXPECT_EQ(node_.cache.hit(kThing, key_), entry);
  want(kGzip);
  EXPECT_EQ(metric("souk_cache_compressions_total"), 1);
  EXPECT_EQ(entry->renderings.find(kPlain), nullptr) << "nobody has asked for it";
}

TEST_F(HybridCacheTest, WhatIsNotWorthCompressingIsKeptPlain) {
  const auto entry = get().entry;
  const auto plain = std::make_shared<const Rendering>(kPlain, std::string(2'000, 'x'));
  for (int i = 0; i < 10; ++i) node_.cache.want_compressed(entry, plain, kBrotli);
  ASSERT_TRUE(node_.redis.eventually([&] { return entry->renderings.find(kPlain) != nullptr; }));
  EXPECT_EQ(entry->renderings.find(kBrotli), nullptr) << "it would not be smaller";
  EXPECT_EQ(metric("souk_cache_compressions_total"), 1);

  const auto small = load("thing:small").entry;
  node_.cache.want_compressed(small, std::make_shared<const Rendering>(kPlain, "x"), kGzip);
  EXPECT_EQ(small->renderings.find(kPlain)->bytes, "x");
  EXPECT_EQ(metric("souk_cache_compressions_total"), 1);
}

// ---- composed entries

class ComposedTest : public HybridCacheTest {
 protected:
  ComposedTest() {
    node_.shared.invalidations.start_over(kTestEpoch);
    parts_ = {load("thing:1"), load("thing:2")};
  }

  Found compose() { return node_.cache.compose(kBoth, "both:1-2", {kPlain, "both"}, parts_); }
  static std::string bytes_of(const Found& found) {
    return found.entry->renderings.find(kPlain)->bytes;
  }
  bool is_kept() { return node_.cache.hit(kBoth, "both:1-2") != nullptr; }
  void change(const std::string& key) {
    const std::array changes = {Change{key, 2}};
    node_.cache.changed("things", changes, 2'000);
  }

  static constexpr Kind kBoth{.name = "both"};
  std::vector<Found> parts_;
};

TEST_F(ComposedTest, WhatIsPutTogetherIsKeptUntilAnyPartChanges) {
  for (const std::string part : {"thing:1", "thing:2"}) {
    parts_ = {load("thing:1"), load("thing:2")};
    EXPECT_EQ(bytes_of(compose()), "both");
    EXPECT_TRUE(is_kept());
    change("thing:3");
    EXPECT_TRUE(is_kept());
    change(part);
    EXPECT_FALSE(is_kept()) << part;
    row_.value = text("2", 2);
  }
}

// The part was read, its row was changed, and then the whole was composed: the removal for the
// change is over already.
TEST_F(ComposedTest, WhatWasPutTogetherFromAPartThatChangedMeanwhileIsNotKept) {
  change("thing:2");
  EXPECT_EQ(bytes_of(compose()), "both") << "whoever asked before is answered";
  EXPECT_FALSE(is_kept());
}

TEST_F(ComposedTest, WhatIsPutTogetherFromAStandInIsStaleAndNotKept) {
  parts_[0].stale = true;
  EXPECT_TRUE(compose().stale);
  EXPECT_FALSE(is_kept());
}

TEST_F(ComposedTest, WhatIsPutTogetherEndsWithTheFirstOfItsParts) {
  auto ending = std::make_shared<Entry>(*parts_[1].entry);
  ending->refresh_at = ending->fresh_until = std::chrono::steady_clock::now();
  parts_[1].entry = ending;
  EXPECT_EQ(compose().entry->fresh_until, ending->fresh_until);
  EXPECT_FALSE(is_kept());
}

// ---- with and without Redis

TEST_F(HybridCacheTest, ARequestThatMayUseOnlyWhatIsCachedLoadsNothing) {
  Context context{.cached_only = true};
  const auto ask = [&] {
    return node_.run(node_.cache.get_or_load(context, kThing, std::string(key_), row_.loader()));
  };
  EXPECT_FALSE(ask().has_value());
  EXPECT_TRUE(context.not_cached);
  EXPECT_EQ(row_.loads, 0);
  body();
  context.not_cached = false;
  EXPECT_EQ(text_of(ask().value().entry), "1");
  EXPECT_FALSE(context.not_cached);
}

TEST_F(HybridCacheTest, AnotherNodeFindsInRedisWhatThisOneHasLoaded) {
  body();
  TestNode other;
  Row never(other.loop());
  ASSERT_TRUE(node_.redis.eventually(
      [&] { return node_.redis.command("EXISTS", "souk:thing:1")->integer() == 1; }));
  const auto found =
      other.run(other.cache.get_or_load(other.context, kThing, "thing:1", never.loader()));
  EXPECT_EQ(text_of(found->entry), "1");
  EXPECT_EQ(never.loads, 0);
  EXPECT_EQ(other.redis.metric("souk_cache_hits_total{kind=\"thing\",level=\"redis\"}"), 1);
  EXPECT_NE(other.cache.hit(kThing, "thing:1"), nullptr) << "in memory from now on";
}

TEST_F(HybridCacheTest, WhileOneNodeLoadsAnotherWaitsForItsValue) {
  row_.hold();
  std::vector<std::string> bodies;
  Scope scope(node_.loop());
  scope.spawn(get_into(bodies));
  ASSERT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  std::thread helper([&] {
    TestNode other;
    Row never(other.loop());
    const auto found =
        other.run(other.cache.get_or_load(other.context, kThing, "thing:1", never.loader()));
    EXPECT_EQ(text_of(found->entry), "1");
    EXPECT_EQ(never.loads, 0);
  });
  // The other node has asked, got the answer "busy", and asks again.
  ASSERT_TRUE(node_.redis.eventually([&] {
    const auto stats = node_.redis.command("INFO", "commandstats");
    return stats->text()->contains("cmdstat_evalsha");
  }));
  row_.release();
  node_.run(scope.join());
  helper.join();
}

TEST(HybridCacheWithoutRedis, EverythingWorksWhereRedisIsAway) {
  auto config = test_redis_config();
  config.url.path = "/nowhere/redis.sock";
  TestNode node({}, config);
  Row row(node.loop());
  for (int i = 0; i < 3; ++i) {
    const auto found =
        node.run(node.cache.get_or_load(node.context, kThing, "thing:1", row.loader()));
    EXPECT_EQ(text_of(found->entry), "1");
  }
  EXPECT_EQ(row.loads, 1);
}

// ---- many workers

class TwoWorkers : public testing::Test {
 protected:
  // A worker of the same node on its own thread.
  struct Worker {
    Worker(SharedCache& shared, telemetry::Registry& registry, telemetry::Log& log,
           const Clock& clock)
        : cache(shared, nullptr, loop, registry, log, clock) {}
    runtime::Loop loop;
    HybridCache cache;
  };

  static constexpr int kKeys = 200;
  static constexpr int kAskersPerKey = 5;
  static constexpr int kKeysInTurn = 20'000;

  void run_on_both(const std::function<Task<void>(Worker&)>& ask) {
    make_coherent(shared_.invalidations);
    std::latch together(2);
    const auto work = [&] {
      Worker worker(shared_, registry_, log_, clock_);
      together.arrive_and_wait();
      worker.loop.run_until_done(ask(worker));
    };
    std::thread other(work);
    work();
    other.join();
  }

  Task<void> ask_for_all(Worker& worker) {
    Scope scope(worker.loop);
    for (int i = 0; i < kKeys * kAskersPerKey; ++i) {
      scope.spawn(ask(worker, "thing:" + std::to_string(i % kKeys)));
    }
    ++workers_that_asked_;
    co_await scope.join();
    co_await worker.cache.close();
  }
  Task<void> ask(Worker& worker, std::string key) {
    Context context;
    const auto found = co_await worker.cache.get_or_load(
        context, kThing, std::move(key), [&](Context&) { return load(worker.loop); });
    EXPECT_EQ(text_of(found->entry), "x");
  }
  // Asks for one key after the other, without a pause.
  Task<void> ask_in_turn(Worker& worker) {
    for (int i = 0; i < kKeysInTurn; ++i) {
      Context context;
      static_cast<void>(co_await worker.cache.get_or_load(
          context, kThing, "thing:" + std::to_string(i), [&](Context&) { return load_at_once(); }));
    }
    co_await worker.cache.close();
  }
  Task<Value> load_at_once() {
    ++loads_;
    co_return text("x", 1);
  }
  Task<Value> load(runtime::Loop& loop) {
    ++loads_;
    co_await runtime::until(
        loop, [&] { return workers_that_asked_ >= 2; });  // all requests wait for this load
    co_return text("x", 1);
  }

  std::atomic<int> loads_{0};
  std::atomic<int> workers_that_asked_{0};
  runtime::Offload offload_{1, 10};
  telemetry::Registry registry_;
  SystemClock clock_;
  telemetry::Log log_{telemetry::LogLevel::kError, STDERR_FILENO, clock_, registry_};
  SharedCache shared_{{}, {"things"}, mark_as_compressed, offload_, registry_};
};

TEST_F(TwoWorkers, OneLoadServesBoth) {
  run_on_both([this](Worker& worker) { return ask_for_all(worker); });
  EXPECT_EQ(loads_, kKeys);
  EXPECT_EQ(shared_.loads.size(), 0u);
}

// A worker looked in memory just before the other's load ended, found nothing, and loaded again.
TEST_F(TwoWorkers, WhatTheOtherHasJustLoadedIsNotLoadedAgain) {
  run_on_both([this](Worker& worker) { return ask_in_turn(worker); });
  EXPECT_EQ(loads_, kKeysInTurn);
}

TEST_F(HybridCacheTest, ALoadShowsWhatItDidToTheRequestThatBeganIt) {
  Spans spans;
  spans.start({}, true, false);
  Context context{.spans = &spans};
  const Loader load = [](Context& loading) -> Task<Value> {
    return [](Context& within) -> Task<Value> {
      OpenSpan span(within.spans, SpanKind::kStatement, "find");
      span.succeeded(1);
      co_return text("1", 1);
    }(loading);
  };
  node_.run(node_.cache.get_or_load(context, kThing, std::string(key_), load)).value();
  const auto all = spans.take(std::chrono::steady_clock::now());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].kind, SpanKind::kCache);
  EXPECT_EQ(all[0].name, "thing");
  EXPECT_EQ(all[1].kind, SpanKind::kRedis);
  EXPECT_EQ(all[2].name, "find");
  for (const auto& span : all) EXPECT_FALSE(span.failed) << span.name;
  EXPECT_EQ(all[1].parent, 0);
  EXPECT_EQ(all[2].parent, 0);

  spans.start({}, true, false);
  node_.run(node_.cache.get_or_load(context, kThing, std::string(key_), load)).value();
  EXPECT_TRUE(spans.take(std::chrono::steady_clock::now()).empty()) << "from memory";
}

TEST_F(HybridCacheTest, WhatARequestAsksOfRedisIsSeenInItsTrace) {
  Spans spans;
  spans.start({}, true, false);
  Context context{.spans = &spans};
  node_.run(node_.cache.set(context, kThing, std::string(key_), text("1", 1), node_.cache.stamp(),
                            std::nullopt));
  node_.shared.memory.clear();
  node_.run(node_.cache.get(context, kThing, std::string(key_)));
  node_.run(node_.cache.remove(context, kThing, std::string(key_)));
  node_.run(node_.cache.remove_by_pattern(context, "thing:*"));
  std::vector<std::string> names;
  for (const auto& span : spans.take(std::chrono::steady_clock::now())) {
    EXPECT_EQ(span.kind, SpanKind::kRedis);
    EXPECT_FALSE(span.failed) << span.name;
    names.emplace_back(span.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"cache.set", "cache.get", "cache.remove",
                                             "cache.remove_by_pattern"}));
}

}  // namespace
}  // namespace souk::cache
