#include <gtest/gtest.h>
#include <sys/mman.h>

#include "cache/follower/follower.h"
#include "cache/hybrid/hybrid_cache.h"
#include "cache/test_text.h"
#include "postgres/test_pool.h"

namespace souk::cache {
namespace {

using namespace std::chrono_literals;
using postgres::PoolTest;
using runtime::Context;
using runtime::Task;

constexpr Kind kProduct{.type = kText, .name = "product", .topic = "catalog"};
constexpr Kind kStock{.type = kText, .name = "stock", .topic = "stock"};

// A node that follows the log of the test's own database.
class FollowerTest : public PoolTest {
 public:
  explicit FollowerTest(CacheConfig cache = {.probe_interval = 5ms})
      : shared_(cache, {"catalog", "stock"}, {}, offload_, registry) {
    execute("INSERT INTO categories (id, name, slug) VALUES ('" + kId + "', 'All', 'all')");
    execute("INSERT INTO products (id, name, category_id, price, currency) VALUES ('" + kId +
            "', 'P', '" + kId + "', 100, 'EUR')");
    execute("INSERT INTO product_stocks (product_id, quantity) VALUES ('" + kId + "', 5)");
  }

  // Runs the body concurrently with a follower, once that is coherent.
  template <class Body>
  void with_follower(Body body) {
    loop.run_until_done(run_with_follower(*this, body));
  }
  template <class Body>
  static Task<void> run_with_follower(FollowerTest& test, Body body) {
    test.shared_.invalidations.confirm(0, {});
    Follower follower(test.loop, test.shared_, test.topics_, test.config, test.versions_,
                      {test.database_clock_, test.registry, test.log_});
    runtime::Scope scope(test.loop);
    scope.spawn(follower.run());
    EXPECT_TRUE(co_await test.eventually([&test] { return test.is_coherent(); }));
    std::exception_ptr failure;
    try {
      co_await body(test);
    } catch (...) {
      failure = std::current_exception();
    }
    follower.stop();
    co_await scope.join();
    if (failure) std::rethrow_exception(failure);
  }

  bool is_coherent() const {
    return std::chrono::steady_clock::now() - shared_.invalidations.confirmed_at() <
           shared_.config.max_unconfirmed;
  }
  template <class Condition>
  Task<bool> eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) co_return false;
      co_await loop.sleep(1ms);
    }
    co_return true;
  }

  // Caches an entry as a load that begins now would.
  EntryPtr keep(const Kind& kind, const std::string& key, std::int64_t version,
                std::vector<std::string> tags = {}) {
    EntryPtr entry = make_entry(kind, key, text("x", version, std::move(tags)),
                                shared_.invalidations.stamp(), clock_.now());
    shared_.memory.put(entry, [&](const Entry& e) { return shared_.invalidations.holds(e); });
    return entry;
  }
  bool kept(const std::string& key) { return shared_.memory.get(key) != nullptr; }
  bool would_be_believed(const EntryPtr& entry) {
    return shared_.invalidations.holds_from_redis(*entry);
  }
  double metric(std::string_view series) {
    Buffer page;
    registry.render(page);
    const auto at = page.view().find("\n" + std::string(series) + " ");
    if (at == std::string_view::npos) return 0;
    return std::stod(std::string(page.view().substr(at + series.size() + 2, 20)));
  }
  static postgres::BlockingConnection on_server() {
    const char* const url = std::getenv("SOUK_TEST_DATABASE_URL");
    return *postgres::BlockingConnection::open(url == nullptr ? "" : url, "souk test");
  }
  void cut_connections() {
    EXPECT_TRUE(
        on_server().execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                            "WHERE application_name = 'souk cache' AND datname = '" +
                            name_ + "'"));
  }
  void allow_connections(bool yes) {
    EXPECT_TRUE(
        on_server().execute(fmt::format("ALTER DATABASE {} ALLOW_CONNECTIONS {}", name_, yes)));
  }
  const std::string name_ = value("SELECT current_database()");

  Task<std::vector<std::optional<RowVersion>>> current_versions(std::size_t count) {
    co_return std::vector<std::optional<RowVersion>>(
        count, RowVersion{.version = current_version_, .age = {}});
  }

  // Changes the row in a transaction that stays open longer than the allowed staleness, and reads
  // it right after COMMIT, before the follower can look: this blocks its loop.
  Task<std::vector<std::optional<RowVersion>>> change_and_read(std::size_t count) {
    if (!changed_) {
      changed_ = true;
      auto writer = database.connect();
      for (const auto* const sql :
           {"BEGIN", "UPDATE product_stocks SET quantity = 4", "SELECT pg_sleep(0.2)", "COMMIT"}) {
        EXPECT_TRUE(writer.execute(sql)) << sql;
      }
    }
    const auto version = std::stoll(value("SELECT version FROM product_stocks"));
    const auto age = std::chrono::microseconds(std::stoll(
        value("SELECT (1e6 * extract(epoch FROM clock_timestamp() - updated_at))::bigint "
              "FROM product_stocks")));
    co_return std::vector<std::optional<RowVersion>>(count,
                                                     RowVersion{.version = version, .age = age});
  }

  bool changed_ = false;
  EntryPtr entry_;
  EntryPtr other_entry_;
  std::int64_t current_version_ = 1;

  static inline const std::string kId = "00000000-0000-0000-0000-000000000001";
  static inline const std::string kKey = "product:" + kId;
  static inline const std::string kStockKey = "stock:" + kId;
  const SystemClock clock_;
  FollowedClock database_clock_{clock_};
  telemetry::Log log_{telemetry::LogLevel::kError, STDERR_FILENO, clock_, registry};
  runtime::Offload offload_{1, 10};
  std::vector<Topic> topics_{{"catalog", 1h}, {"stock", 2min}};
  VersionSource versions_;
  SharedCache shared_;
};

TEST_F(FollowerTest, WhateverIsCommittedIsDropped) {
  with_follower([](FollowerTest& test) -> Task<void> {
    test.keep(kProduct, kKey, 1);
    test.keep(kStock, kStockKey, 1);
    test.keep(kProduct, "products:page", 0, {"prices"});
    test.keep(kProduct, "products:other", 0, {"search"});
    test.execute("UPDATE products SET price = 200");
    EXPECT_TRUE(co_await test.eventually([&test] { return !test.kept(kKey); }));
    EXPECT_FALSE(test.kept("products:page"));
    EXPECT_TRUE(test.kept("products:other"));
    EXPECT_TRUE(test.kept(kStockKey));
    test.execute("UPDATE product_stocks SET quantity = 4");
    EXPECT_TRUE(co_await test.eventually([&test] { return !test.kept(kStockKey); }));
  });
}

TEST_F(FollowerTest, WhatItsOwnWriterKeepsAlreadyStays) {
  with_follower([](FollowerTest& test) -> Task<void> {
    test.execute("UPDATE product_stocks SET quantity = 4");
    test.keep(kStock, kStockKey, 2);
    test.keep(kProduct, kKey, 1);
    test.execute("UPDATE products SET price = 200");
    EXPECT_TRUE(co_await test.eventually([&test] { return !test.kept(kKey); }));
    EXPECT_TRUE(test.kept(kStockKey)) << "version 2 is the change that was told";
  });
}

TEST_F(FollowerTest, ANodeThatWasCutOffKnowsItAndCatchesUp) {
  with_follower([](FollowerTest& test) -> Task<void> {
    test.keep(kProduct, kKey, 1);
    test.allow_connections(false);
    test.cut_connections();
    EXPECT_TRUE(co_await test.eventually([&test] { return !test.is_coherent(); }));
    EXPECT_TRUE(test.kept(kKey)) << "it may stand in";
    test.allow_connections(true);
    EXPECT_TRUE(co_await test.eventually([&test] { return test.is_coherent(); }));
  });
}

TEST_F(FollowerTest, WhatHappenedMeanwhileIsDroppedAfterwardsAndNothingElse) {
  with_follower([](FollowerTest& test) -> Task<void> {
    test.keep(kProduct, kKey, 1);
    test.keep(kStock, kStockKey, 1);
    for (int i = 0; i < 3; ++i) {
      test.cut_connections();
      test.execute("UPDATE products SET price = price + 1");
      EXPECT_TRUE(co_await test.eventually([&test] { return !test.kept(kKey); }));
      EXPECT_TRUE(co_await test.eventually([&test] { return test.is_coherent(); }));
      test.keep(kProduct, kKey, 2 + i);
    }
    EXPECT_TRUE(test.kept(kStockKey));
    EXPECT_EQ(test.metric("souk_cache_flushes_total"), 0);
  });
}

TEST_F(FollowerTest, WhereTheLogWasLostAnotherHistoryBegins) {
  with_follower([](FollowerTest& test) -> Task<void> {
    const auto before = test.keep(kProduct, kKey, 1);
    test.execute("TRUNCATE change_log, change_log_topics");  // as a crash of the server does
    EXPECT_TRUE(co_await test.eventually([&test, &before] {
      return test.shared_.invalidations.epoch() != before->epoch &&
             test.would_be_believed(test.keep(kProduct, "product:new", 1));
    }));
    EXPECT_TRUE(test.kept(kKey)) << "it may stand in";
    EXPECT_FALSE(test.would_be_believed(before));
    EXPECT_EQ(test.metric("souk_cache_flushes_total"), 1);
  });
}

TEST_F(FollowerTest, WhereRowsWerePrunedThatItHasNotReadEverythingIsDropped) {
  with_follower([](FollowerTest& test) -> Task<void> {
    test.keep(kStock, kStockKey, 1);
    // As if rows of transactions had been there, and were gone, that the last look did not contain.
    auto open = test.database.connect();
    EXPECT_TRUE(open.execute("BEGIN"));
    EXPECT_TRUE(open.execute("SELECT pg_current_xact_id()"));
    test.execute("SELECT pg_current_xact_id()");
    test.execute(
        "UPDATE change_log_topics SET pruned_below = pg_snapshot_xmax(pg_current_snapshot()) "
        "WHERE topic = 'catalog'");
    EXPECT_TRUE(co_await test.eventually([&test] { return !test.kept(kStockKey); }));
    EXPECT_GE(test.metric("souk_cache_flushes_total"), 1);
    test.execute("UPDATE change_log_topics SET pruned_below = '3'");
  });
}

// As pg_restore leaves it, from a cluster with higher transaction ids.
TEST_F(FollowerTest, WhatNamesTransactionsThatAreStillToComeIsForgotten) {
  with_follower([](FollowerTest& test) -> Task<void> {
    const auto before = test.keep(kProduct, kKey, 1);
    test.execute(
        "INSERT INTO change_log (topic, tag, xid) VALUES ('catalog', 'prices', '99999999999');"
        "UPDATE change_log_topics SET pruned_below = '99999999999' WHERE topic = 'stock'");
    EXPECT_TRUE(co_await test.eventually([&test, &before] {
      return test.shared_.invalidations.epoch() != before->epoch && test.is_coherent();
    }));
    co_await test.until("SELECT count(*) FROM change_log WHERE tag = 'prices'", "0");
    EXPECT_FALSE(test.would_be_believed(before));
    const auto flushes = test.metric("souk_cache_flushes_total");
    test.execute("UPDATE products SET price = 200");
    EXPECT_TRUE(co_await test.eventually([&test] {
      return test.metric("souk_cache_invalidations_total{topic=\"catalog\",source=\"log\"}") > 0;
    }));
    EXPECT_EQ(test.metric("souk_cache_flushes_total"), flushes) << "and all is as ever";
    EXPECT_TRUE(co_await test.eventually([&test] {
      return test.would_be_believed(test.keep(kProduct, "products:x", 1, {"prices"}));
    })) << "once transactions that began before the change, in any database, have ended";
  });
}

TEST_F(FollowerTest, AChangeOfATransactionThatIsStillToComeIsForgottenAndNotAppliedForEver) {
  with_follower([](FollowerTest& test) -> Task<void> {
    test.execute(
        "INSERT INTO change_log (topic, tag, xid) VALUES ('catalog', 'prices', '99999999999')");
    co_await test.until("SELECT count(*) FROM change_log WHERE tag = 'prices'", "0");
  });
}

// As after a restore in place, which restores the old epochs.
TEST_F(FollowerTest, ALogThatWasMadeAnewIsAnotherHistoryEvenWithTheOldEpochs) {
  with_follower([](FollowerTest& test) -> Task<void> {
    const auto before = test.keep(kProduct, kKey, 1);
    test.execute("VACUUM FULL change_log_topics");  // gives it a new file
    EXPECT_TRUE(co_await test.eventually(
        [&test, &before] { return test.shared_.invalidations.epoch() != before->epoch; }));
    EXPECT_FALSE(test.would_be_believed(before));
  });
}

// Values in Redis from before this node's start are validated by the log's history.
TEST_F(FollowerTest, ANodeThatStartsKnowsWhatHasChangedBefore) {
  with_follower([](FollowerTest& test) -> Task<void> {
    test.entry_ = test.keep(kProduct, kKey, 1);
    test.other_entry_ = test.keep(kProduct, "product:other", 1);
    EXPECT_TRUE(test.would_be_believed(test.entry_));
    co_return;
  });
  execute("UPDATE products SET price = 200");
  with_follower([](FollowerTest& test) -> Task<void> {
    EXPECT_FALSE(test.would_be_believed(test.entry_));
    EXPECT_TRUE(test.would_be_believed(test.other_entry_));
    co_return;
  });
}

// A node may serve before it follows; entries dropped by an operator then must not be served later.
TEST_F(FollowerTest, WhatWasLoadedBeforeTheFirstLookIsDroppedWithWhatTheLogNames) {
  keep(kProduct, kKey, 1);
  keep(kProduct, "products:page", 1);
  keep(kStock, kStockKey, 1);
  execute("UPDATE products SET price = 200");
  execute("INSERT INTO change_log (topic, tag) VALUES ('" + std::string(store::kPatternTopic) +
          "', 'products:p*')");
  with_follower([](FollowerTest& test) -> Task<void> {
    EXPECT_FALSE(test.kept(kKey));
    EXPECT_FALSE(test.kept("products:page"));
    EXPECT_TRUE(test.kept(kStockKey)) << "it may stand in";
    co_return;
  });
}

TEST_F(FollowerTest, AnOperatorsPatternIsDroppedEverywhere) {
  with_follower([](FollowerTest& test) -> Task<void> {
    test.keep(kProduct, kKey, 1);
    test.keep(kStock, kStockKey, 1);
    postgres::Pool pool(test.loop, test.registry, test.config);
    co_await pool.start();
    co_await store::announce(pool, test.context, {std::string(store::kPatternTopic)}, "prod*");
    co_await pool.close();
    EXPECT_TRUE(co_await test.eventually([&test] { return !test.kept(kKey); }));
    EXPECT_TRUE(test.kept(kStockKey));
  });
}

TEST_F(FollowerTest, TheProberTellsCurrentFromStale) {
  versions_ = [this](postgres::Pool&, Context&, std::vector<EntryPtr> entries) {
    return current_versions(entries.size());
  };
  with_follower([](FollowerTest& test) -> Task<void> {
    test.keep(kProduct, "product:x", 1);
    EXPECT_TRUE(co_await test.eventually(
        [&test] { return test.metric("souk_cache_probes_total{result=\"current\"}") > 3; }));
    EXPECT_EQ(test.metric("souk_cache_consistency_ratio"), 1);
    test.current_version_ = 2;  // an unlogged change
    EXPECT_TRUE(co_await test.eventually(
        [&test] { return test.metric("souk_cache_probes_total{result=\"stale\"}") > 0; }));
    EXPECT_LT(test.metric("souk_cache_consistency_ratio"), 1);
    EXPECT_GT(test.metric("souk_cache_staleness_seconds_count"), 0);
  });
}

// A row's time is the start of its transaction: after a long transaction the row looked old as soon
// as it was committed, and its entry, about to be dropped, stale for that long.
TEST_F(FollowerTest, TheProberCallsNothingStaleThatTheFollowerCouldNotKnowYet) {
  versions_ = [this](postgres::Pool&, Context&, std::vector<EntryPtr> entries) {
    return change_and_read(entries.size());
  };
  with_follower([](FollowerTest& test) -> Task<void> {
    test.keep(kStock, kStockKey, 1);
    EXPECT_TRUE(co_await test.eventually([&test] { return !test.kept(kStockKey); }));
    test.keep(kStock, kStockKey, 2);
    EXPECT_TRUE(co_await test.eventually(
        [&test] { return test.metric("souk_cache_probes_total{result=\"current\"}") > 3; }));
    EXPECT_EQ(test.metric("souk_cache_probes_total{result=\"stale\"}"), 0);
    EXPECT_EQ(test.metric("souk_cache_consistency_ratio"), 1);
  });
}

TEST_F(FollowerTest, DelaysAndTheTimeAreTheDatabasesWhateverTheNodesClockShows) {
  const ManualClock wrong(clock_.now() + 24h);
  FollowedClock followed(wrong);
  telemetry::Registry registry;
  Follower follower(loop, shared_, topics_, config, {}, {followed, registry, log_});
  const auto body = [](FollowerTest& test, Follower& other) -> Task<void> {
    EXPECT_TRUE(co_await test.eventually([&test] { return test.is_coherent(); }));
    test.keep(kStock, kStockKey, 1);
    test.execute("UPDATE product_stocks SET quantity = 4");
    EXPECT_TRUE(co_await test.eventually([&test] { return !test.kept(kStockKey); }));
    other.stop();
  };
  runtime::Scope scope(loop);
  scope.spawn(follower.run());
  scope.spawn(body(*this, follower));
  loop.run_until_done(scope.join());
  const auto database_now = Timestamp(std::chrono::microseconds(
      std::stoll(value("SELECT (1e6 * extract(epoch FROM clock_timestamp()))::bigint"))));
  EXPECT_LT(std::chrono::abs(followed.now() - database_now), 10s);
  EXPECT_FALSE(followed.trusted(std::chrono::steady_clock::now())) << "one of the two is wrong";
  Buffer page;
  registry.render(page);
  EXPECT_NE(page.view().find("souk_database_clock_leaps_total 1"), std::string_view::npos);
  const auto sum = page.view().find("souk_cache_invalidation_delay_seconds_sum{topic=\"stock\"} ");
  ASSERT_NE(sum, std::string_view::npos);
  const auto seconds = std::stod(std::string(page.view().substr(page.view().find(' ', sum), 20)));
  EXPECT_GT(seconds, 0);
  EXPECT_LT(seconds, 60);
}

TEST_F(FollowerTest, BeforeAnythingWasProbedThereIsNoRatio) {
  with_follower([](FollowerTest& test) -> Task<void> {
    Buffer page;
    test.registry.render(page);
    EXPECT_EQ(page.view().find("\nsouk_cache_consistency_ratio "), std::string_view::npos);
    co_return;
  });
}

// Exceptions of comparisons were swallowed: a prober that never compared anything looked healthy.
TEST_F(FollowerTest, AProberThatFailsIsCountedEachTimeAndToldOnce) {
  versions_ = [](postgres::Pool&, Context&,
                 std::vector<EntryPtr>) -> Task<std::vector<std::optional<RowVersion>>> {
    throw std::runtime_error("as told");
    co_return std::vector<std::optional<RowVersion>>();
  };
  with_follower([](FollowerTest& test) -> Task<void> {
    test.keep(kProduct, kKey, 1);
    EXPECT_TRUE(co_await test.eventually(
        [&test] { return test.metric("souk_cache_exchange_failures_total{what=\"probe\"}") > 3; }));
    EXPECT_EQ(test.metric("souk_log_events_total{level=\"error\",event=\"cache_exchange_failed\"}"),
              1);
    EXPECT_TRUE(co_await test.eventually([&test] { return test.is_coherent(); }));
  });
}

// ---- while nobody asks

class RestingFollowerTest : public FollowerTest {
 public:
  // What a look confirmed may be served long enough for a busy machine, and not until the next.
  RestingFollowerTest()
      : FollowerTest({.max_unconfirmed = Follower::kRest - 50ms, .probe_interval = 0ms}) {}

  // Runs the body with a cache when its follower rests, and its last look is too long ago.
  template <class Body>
  void after_a_pause(Body body) {
    with_follower([this, body](FollowerTest&) { return run_after_a_pause(*this, body); });
    EXPECT_FALSE(HasFailure());
  }
  template <class Body>
  static Task<void> run_after_a_pause(RestingFollowerTest& test, Body body) {
    test.keep(kStock, kStockKey, 1);
    EXPECT_TRUE(co_await test.eventually([&test] { return test.rests(); }));
    co_await body(test);
    co_await test.cache_.close();
  }
  bool rests() { return !is_coherent() && shared_.demand.await_look({}); }

  Task<Found> ask() {
    auto found = co_await cache_.get_or_load(context, kStock, kStockKey,
                                             [this](Context&) { return load(); });
    co_return *std::move(found);
  }
  Task<void> ask_into(std::vector<Found>& answers) { answers.push_back(co_await ask()); }

  bool is_down_ = false;
  int loads_ = 0;

 private:
  Task<Value> load() {
    ++loads_;
    if (is_down_) throw Unavailable("the database is away");
    co_return text("x", std::stoll(value("SELECT version FROM product_stocks")));
  }
  HybridCache cache_{shared_, nullptr, loop, registry, log_, clock_};
};

constexpr auto kLooks = "souk_db_statements_total{statement=\"cache.look\"}";

TEST_F(RestingFollowerTest, AFollowerWhomNobodyAsksLooksSeldom) {
  with_follower([](FollowerTest& test) -> Task<void> {
    const auto after = [&test](double looks) {
      return test.eventually([&test, looks] { return test.metric(kLooks) >= looks; });
    };
    EXPECT_TRUE(co_await after(test.metric(kLooks) + 3));  // it has begun to listen
    const auto looks = test.metric(kLooks);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(co_await after(looks + 4));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 3 * Follower::kRest);
  });
}

TEST_F(RestingFollowerTest, WhoAsksAfterAPauseIsAnsweredFromMemoryAfterOneLook) {
  after_a_pause([](RestingFollowerTest& test) -> Task<void> {
    std::vector<Found> answers;
    runtime::Scope scope(test.loop);
    const auto count = test.shared_.config.max_confirming + 100;
    for (std::size_t i = 0; i < count; ++i) scope.spawn(test.ask_into(answers));
    EXPECT_TRUE(answers.empty()) << "they wait";
    co_await scope.join();
    EXPECT_EQ(answers.size(), count);
    EXPECT_TRUE(std::ranges::none_of(answers, &Found::stale));
    EXPECT_EQ(test.loads_, 0);
  });
}

// Changes of stock are not announced by NOTIFY.
TEST_F(RestingFollowerTest, WhoAsksAfterAPauseIsNotShownWhatHasChangedMeanwhile) {
  after_a_pause([](RestingFollowerTest& test) -> Task<void> {
    test.execute("UPDATE product_stocks SET quantity = 4");
    const auto found = co_await test.ask();
    EXPECT_EQ(found.entry->version, 2);
    EXPECT_FALSE(found.stale);
  });
}

TEST_F(RestingFollowerTest, WhoAsksKeepsTheFollowerAwake) {
  after_a_pause([](RestingFollowerTest& test) -> Task<void> {
    const auto looks = test.metric(kLooks);
    const auto until = std::chrono::steady_clock::now() + 2 * Follower::kAwake;
    while (std::chrono::steady_clock::now() < until) {
      co_await test.ask();
      co_await test.loop.sleep(5ms);
      EXPECT_FALSE(test.rests());
    }
    EXPECT_GT(test.metric(kLooks) - looks, 2 * Follower::kAwake / Follower::kRest);
  });
}

TEST_F(RestingFollowerTest, WhereTheLookFailsTheOldValueIsServedAndMarked) {
  after_a_pause([](RestingFollowerTest& test) -> Task<void> {
    test.is_down_ = true;
    test.allow_connections(false);
    test.cut_connections();
    EXPECT_TRUE((co_await test.ask()).stale);
    test.allow_connections(true);
  });
}

}  // namespace
}  // namespace souk::cache
