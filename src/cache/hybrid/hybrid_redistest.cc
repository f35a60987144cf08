#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "cache/test_cache.h"
#include "postgres/errors.h"

namespace souk::cache {
namespace {

using namespace std::chrono_literals;
using runtime::Context;
using runtime::Scope;
using runtime::Task;

// A database of one row, which can be made to wait and to fail.
class Row {
 public:
  explicit Row(runtime::Loop& loop) : gate_(loop) { gate_.set(); }

  Loader loader() {
    return [this](Context& context) { return load(context); };
  }
  void hold() { gate_.reset(); }
  void release() { gate_.set(); }

  Value value{.bytes = "1", .version = 1};
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
    // What was read travels; the row may change meanwhile.
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
    return node_.run(
        node_.cache.get_or_load(node_.context, kind, std::string(key_), row_.loader()));
  }
  std::string body(const Kind& kind = kThing) { return get(kind).entry->content.identity; }
  Task<void> get_into(std::vector<std::string>& bodies) {
    Context context;
    co_await get_into(bodies, context);
  }
  Task<void> get_into(std::vector<std::string>& bodies, Context& context) {
    try {
      const auto found =
          co_await node_.cache.get_or_load(context, kThing, std::string(key_), row_.loader());
      bodies.push_back(found.entry->content.identity + (found.stale ? " (stale)" : ""));
    } catch (const Unavailable& error) {
      bodies.emplace_back(error.what());
    }
  }
  Task<void> until(std::function<bool()> condition) {
    while (!condition()) co_await node_.loop().sleep(1ms);
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
  // A write of this node, committed.
  void write(std::string bytes, Position by = 2'000) {
    row_.value.bytes = std::move(bytes);
    ++row_.value.version;
    const std::array changes = {Change{std::string(key_), row_.value.version}};
    node_.cache.changed("things", changes, by);
  }
  // Once what was loaded has arrived there.
  void empty_redis() {
    ASSERT_TRUE(node_.redis.eventually(
        [&] { return node_.redis.command("EXISTS", "souk:thing:1")->integer() == 1; }));
    node_.flush_redis();
  }
  // What is known becomes `age` old.
  void cut_off(std::chrono::milliseconds age) {
    node_.shared.invalidations.confirm(kTestPosition, std::chrono::steady_clock::now() - age);
  }
  // As after the time of the entry, without waiting for it.
  void expire() {
    const auto kept = node_.shared.memory.get(key_);
    auto older = std::make_shared<Entry>(*kept);
    older->fresh_until = std::chrono::steady_clock::now();
    ASSERT_TRUE(node_.shared.memory.replace(kept, older));
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

// It ran on to its end in the database, for nobody.
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
  row_.value = {.bytes = {}, .absent = true};
  EXPECT_TRUE(get().entry->absent);
  EXPECT_TRUE(get().entry->absent);
  EXPECT_EQ(row_.loads, 1);
  row_.value = {.bytes = "here", .version = 0};
  write("here");
  EXPECT_EQ(body(), "here");
}

// Deterministic: the load has read version 1 and is on its way when version 2 is written. Without
// versions and sequence numbers it would be kept over the change, here and in Redis.
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

// Who comes after the change waits for the old load to end, and all of them for one new one.
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
  row_.value = {.bytes = "list 1", .version = 0, .tags = {"thing:7"}};
  std::vector<Found> found(2);
  Scope scope(node_.loop());
  const auto ask = [](HybridCache& cache, Row& row, Found& into) -> Task<void> {
    Context context;
    into = co_await cache.get_or_load(context, kThings, "things:all", row.loader());
  };
  scope.spawn(ask(node_.cache, row_, found[0]));
  ASSERT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  row_.value.bytes = "list 2";
  const std::array changes = {Change{"thing:7", 3}};
  node_.cache.changed("things", changes, 2'000);
  scope.spawn(ask(node_.cache, row_, found[1]));
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(found[1].entry->content.identity, "list 2");
  EXPECT_EQ(node_.cache.hit(kThings, "things:all")->content.identity, "list 2");
}

TEST_F(HybridCacheTest, WhatAWriterShowsIsKeptOverAnySlowerLoad) {
  row_.hold();
  std::vector<std::string> early;
  Scope scope(node_.loop());
  scope.spawn(get_into(early));
  ASSERT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  node_.cache.show(kThing, std::string(key_), {.bytes = "2", .version = 2}, 2'000,
                   node_.cache.stamp());
  EXPECT_EQ(node_.cache.hit(kThing, key_)->content.identity, "2");
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(node_.cache.hit(kThing, key_)->content.identity, "2");
  // Another node's memory is empty: it finds the writer's value in Redis.
  TestNode other;
  ASSERT_TRUE(node_.redis.eventually([&] {
    const auto found = other.run(other.level.get(kThing, std::string(key_)));
    return found && found->content.identity == "2";
  }));
}

// A writer on a busy loop came to show its value after the follower had noted a later transaction's
// change of the row: the older value was kept until the row changed again.
TEST_F(HybridCacheTest, WhatAWriterShowsTooLateIsNotKept) {
  const auto stamp = node_.cache.stamp();
  node_.shared.invalidations.note("things", hash_of_tag(key_), 3, 2'001);
  node_.shared.memory.remove_tag(key_, 3);
  node_.cache.show(kThing, std::string(key_), {.bytes = "2", .version = 2}, 2'000, stamp);
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
}

// The follower removes nothing for a change that is noted already: the older entry stayed until its
// time was over, on the very node that had written.
TEST_F(HybridCacheTest, WhatAWriterShowsAndIsNotKeptStillRemovesTheOlderEntry) {
  const auto stamp = node_.cache.stamp();
  node_.shared.invalidations.note_all("things", 1'999);
  EXPECT_EQ(body(), "1");
  ASSERT_NE(node_.cache.hit(kThing, key_), nullptr);
  node_.cache.show(kThing, std::string(key_), {.bytes = "2", .version = 2}, 2'000, stamp);
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
}

TEST_F(HybridCacheTest, WhatAWriterShowsAndIsTooLargeRemovesTheOlderEntry) {
  EXPECT_EQ(body(), "1");
  const auto shard = node_.shared.memory.max_bytes() / MemoryLevel::kShards;
  std::string large(shard / MemoryLevel::kMaxShare, 'x');
  node_.cache.show(kThing, std::string(key_), {.bytes = std::move(large), .version = 2}, 2'000,
                   node_.cache.stamp());
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
}

TEST_F(HybridCacheTest, WhatAWriterShowsTooLateSparesTheLaterEntry) {
  const auto stamp = node_.cache.stamp();
  row_.value = {.bytes = "3", .version = 3};
  node_.shared.invalidations.note("things", hash_of_tag(key_), 3, 2'001);
  EXPECT_EQ(body(), "3");
  node_.cache.show(kThing, std::string(key_), {.bytes = "2", .version = 2}, 2'000, stamp);
  ASSERT_NE(node_.cache.hit(kThing, key_), nullptr);
  EXPECT_EQ(node_.cache.hit(kThing, key_)->content.identity, "3");
}

// ---- where the database does not answer

TEST_F(HybridCacheTest, AnExpiredEntryStandsInForADatabaseThatIsDown) {
  EXPECT_EQ(body(), "1");
  empty_redis();
  expire();
  row_.fails = true;
  const auto found = get();
  EXPECT_EQ(found.entry->content.identity, "1");
  EXPECT_TRUE(found.stale);
  EXPECT_EQ(metric("souk_cache_stale_served_total{kind=\"thing\",reason=\"error\"}"), 1);
  row_.fails = false;
  EXPECT_FALSE(get().stale);
}

TEST_F(HybridCacheTest, NotForEver) {
  body();
  empty_redis();
  const auto kept = node_.shared.memory.get(key_);
  auto old = std::make_shared<Entry>(*kept);
  old->fresh_until = old->stale_until = std::chrono::steady_clock::now();
  ASSERT_TRUE(node_.shared.memory.replace(kept, old));
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
  row_.value = {.bytes = "2", .version = 2};
  row_.hold();
  const auto found = get();
  EXPECT_EQ(found.entry->content.identity, "1");
  EXPECT_TRUE(found.stale);
  row_.release();
  ASSERT_TRUE(node_.redis.eventually([&] { return node_.cache.hit(kThing, key_) != nullptr; }));
  EXPECT_EQ(body(), "2");
}

TEST_F(HybridCacheInAHurry, ANodeThatIsCutOffAsksTheDatabaseAndSaysWhereItCannot) {
  body();
  cut_off(200ms);
  // The entry was loaded just now itself.
  EXPECT_FALSE(get().stale);
  const auto kept = node_.shared.memory.get(key_);
  auto old = std::make_shared<Entry>(*kept);
  old->confirmed_at = std::chrono::steady_clock::now() - 1s;
  ASSERT_TRUE(node_.shared.memory.replace(kept, old));
  EXPECT_EQ(node_.cache.hit(kThing, key_), nullptr);
  row_.value = {.bytes = "2", .version = 2};
  EXPECT_EQ(body(), "2") << "not what Redis has, which nobody can judge now";
  EXPECT_EQ(row_.loads, 2);

  const auto loaded = node_.shared.memory.get(key_);
  auto older = std::make_shared<Entry>(*loaded);
  older->confirmed_at = std::chrono::steady_clock::now() - 1s;
  ASSERT_TRUE(node_.shared.memory.replace(loaded, older));
  row_.fails = true;
  EXPECT_TRUE(get().stale);
}

TEST_F(HybridCacheInAHurry, ACrowdThatIsCutOffDoesNotFallUponTheDatabase) {
  body();
  cut_off(200ms);
  const auto kept = node_.shared.memory.get(key_);
  auto old = std::make_shared<Entry>(*kept);
  old->confirmed_at = std::chrono::steady_clock::now() - 1s;
  ASSERT_TRUE(node_.shared.memory.replace(kept, old));
  row_.hold();
  std::vector<std::string> bodies;
  Scope scope(node_.loop());
  for (int i = 0; i < 100; ++i) scope.spawn(get_into(bodies));
  EXPECT_EQ(bodies, std::vector<std::string>(99, "1 (stale)")) << "one is confirming";
  row_.release();
  node_.run(scope.join());
  EXPECT_EQ(row_.loads, 2);
}

// ---- keeping it warm

TEST_F(HybridCacheTest, WhatIsAskedForShortlyBeforeItsEndIsLoadedAnewMeanwhile) {
  body();
  const auto kept = node_.shared.memory.get(key_);
  auto old = std::make_shared<Entry>(*kept);
  old->fresh_until = std::chrono::steady_clock::now() + 10s;  // of five minutes
  ASSERT_TRUE(node_.shared.memory.replace(kept, old));
  empty_redis();
  row_.hold();
  EXPECT_EQ(body(), "1") << "at once, from the old entry";
  EXPECT_EQ(body(), "1");
  ASSERT_TRUE(node_.redis.eventually([&] { return row_.running == 1; }));
  row_.release();
  ASSERT_TRUE(node_.redis.eventually([&] { return node_.cache.hit(kThing, key_) != nullptr; }));
  EXPECT_EQ(row_.loads, 2);
}

TEST_F(HybridCacheTest, CompressedFormsAreMadeOnceWhenFirstAskedFor) {
  row_.value.bytes = std::string(2'000, 'x');
  auto entry = get().entry;
  for (int i = 0; i < 10; ++i) {
    node_.cache.want_compressed(entry);
  }
  ASSERT_TRUE(node_.redis.eventually([&] {
    entry = node_.cache.hit(kThing, key_);
    return !entry->content.brotli.empty();
  }));
  EXPECT_EQ(entry->content.gzip, "gzip of " + row_.value.bytes);
  EXPECT_EQ(entry->content.identity, row_.value.bytes);
  node_.cache.want_compressed(entry);
  EXPECT_EQ(metric("souk_cache_compressions_total"), 1);
}

// ---- with and without Redis

TEST_F(HybridCacheTest, AnotherNodeFindsInRedisWhatThisOneHasLoaded) {
  body();
  TestNode other;
  Row never(other.loop());
  ASSERT_TRUE(node_.redis.eventually(
      [&] { return node_.redis.command("EXISTS", "souk:thing:1")->integer() == 1; }));
  const auto found =
      other.run(other.cache.get_or_load(other.context, kThing, "thing:1", never.loader()));
  EXPECT_EQ(found.entry->content.identity, "1");
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
    EXPECT_EQ(found.entry->content.identity, "1");
    EXPECT_EQ(never.loads, 0);
  });
  // The other one has asked, was told that it is busy, and comes again.
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
    EXPECT_EQ(found.entry->content.identity, "1");
  }
  EXPECT_EQ(row.loads, 1);
}

// ---- many workers

class TwoWorkers : public testing::Test {
 protected:
  // A worker of the same node on a thread of its own.
  struct Worker {
    explicit Worker(SharedCache& shared, telemetry::Registry& registry, const Clock& clock)
        : cache(shared, nullptr, loop, registry, clock) {}
    runtime::Loop loop;
    HybridCache cache;
  };

  static constexpr int kKeys = 200;
  static constexpr int kAskersPerKey = 5;

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
    EXPECT_EQ(found.entry->content.identity, "x");
  }
  Task<Value> load(runtime::Loop& loop) {
    ++loads_;
    while (workers_that_asked_ < 2) co_await loop.sleep(1ms);  // everybody waits for it
    co_return Value{.bytes = "x", .version = 1};
  }

  std::atomic<int> loads_{0};
  std::atomic<int> workers_that_asked_{0};
  runtime::Offload offload_{1, 10};
  telemetry::Registry registry_;
  SystemClock clock_;
  SharedCache shared_{{}, {"things"}, mark_as_compressed, offload_, registry_};
};

TEST_F(TwoWorkers, OneLoadServesBoth) {
  make_coherent(shared_.invalidations);
  std::latch together(2);
  const auto work = [&] {
    Worker worker(shared_, registry_, clock_);
    together.arrive_and_wait();
    worker.loop.run_until_done(ask_for_all(worker));
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(loads_, kKeys);
  EXPECT_EQ(shared_.flights.size(), 0u);
}

}  // namespace
}  // namespace souk::cache
