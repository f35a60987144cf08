// A server that waits for a standby that never connects: local commits are not durable yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "postgres/blocking.h"
#include "postgres/errors.h"
#include "postgres/pool.h"
#include "postgres/test_server.h"
#include "runtime/scope.h"

namespace souk::postgres {
namespace {

using namespace std::chrono_literals;
using runtime::Context;
using runtime::Scope;
using runtime::Task;

constexpr Statement kInsert{
    .name = "insert", .sql = "INSERT INTO t VALUES ($1)", .kind = Statement::Kind::kWrite};
constexpr Statement kSleep{
    .name = "sleep", .sql = "SELECT pg_sleep($1)", .kind = Statement::Kind::kWrite};

class SynchronousCommitTest : public testing::Test {
 public:
  SynchronousCommitTest() {
    value("CREATE TABLE t (x bigint)");
    value("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    value("SELECT pg_reload_conf()");
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!a_commit_waits()) {
      if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("no commit waits");
    }
  }

  // Not before the server's checkpointer has read the setting, which new connections show earlier.
  bool a_commit_waits() {
    std::atomic<bool> committed = false;
    const std::jthread commit([&] {
      value("SELECT pg_logical_emit_message(true, 'souk', '')");
      committed = true;
    });
    bool waits = false;
    while (!waits && !committed) waits = value(kEndWait) == "1";
    return waits;
  }

  std::string value(const std::string& sql) {
    auto connection = BlockingConnection::open(server.conninfo(), "souk test");
    if (!connection) throw std::runtime_error(connection.error().detail);
    const auto rows = connection->run(sql);
    if (!rows) throw std::runtime_error(rows.error().detail);
    return rows->size() == 0 ? "" : std::string(rows->text(0, 0));
  }
  double metric(std::string_view series) const {
    Buffer page;
    registry.render(page);
    const auto at = page.view().find("\n" + std::string(series) + " ");
    if (at == std::string_view::npos) return -1;
    return std::strtod(page.view().substr(at + series.size() + 2).data(), nullptr);
  }
  static constexpr auto kWaiting =
      "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  static constexpr auto kEndWait =
      "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  Task<void> until(std::string sql, std::string expected) {
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (value(sql) != expected) {
      if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("never: " + sql);
      co_await loop.sleep(5ms);
    }
  }
  template <class Body>
  void with_pool(Body body) {
    loop.run_until_done(run(*this, body));
  }
  template <class Body>
  static Task<void> run(SynchronousCommitTest& test, Body body) {
    Pool pool(test.loop, test.registry, test.config);
    co_await pool.start();
    co_await body(test, pool);
    co_await pool.close();
  }

  TestServer server;
  runtime::Loop loop;
  telemetry::Registry registry;
  PoolConfig config{.conninfo = server.conninfo(), .max_connections = 2};
  std::string outcome;  // of the last write
};

enum class Way : std::uint8_t { kAlone, kTransaction, kCommitAlone };

Task<void> write(SynchronousCommitTest& test, Pool& pool, Way way, Context context) {
  try {
    if (way == Way::kAlone) {
      co_await pool.query(context, kInsert, std::int64_t{1});
    } else {
      auto transaction = co_await pool.begin(context);
      if (way == Way::kTransaction) {
        co_await transaction.query_and_commit(kInsert, std::int64_t{1});
      } else {
        co_await transaction.query(kInsert, std::int64_t{1});
        co_await transaction.commit();
      }
    }
    test.outcome = "acknowledged";
  } catch (const OutcomeUnknown&) {
    test.outcome = "unknown";
  } catch (const std::exception& error) {
    test.outcome = error.what();
  }
}

// Writes with a deadline that passes during the commit: if it passes before that, the write is
// cancelled and repeated with a longer one.
Task<void> write_until_late(SynchronousCommitTest& test, Pool& pool, Way way) {
  for (auto time = 100ms; time < 60s; time *= 2) {
    co_await write(test, pool, way, {.deadline = std::chrono::steady_clock::now() + time});
    if (test.outcome == "unknown") co_return;
    EXPECT_EQ(test.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT%' AND "
                         "state = 'active'"),
              "0")
        << test.outcome;
  }
}

class EveryWayOfWritingTest : public SynchronousCommitTest,
                              public testing::WithParamInterface<Way> {};

// "WARNING: canceling wait for synchronous replication due to user request" came with a successful
// COMMIT, which was treated as an acknowledgement.
TEST_P(EveryWayOfWritingTest, ACommitWhoseWaitSomebodyCancelsIsNoAcknowledgement) {
  with_pool([way = GetParam()](SynchronousCommitTest& test, Pool& pool) {
    return [](SynchronousCommitTest& t, Pool& p, Way w) -> Task<void> {
      Scope scope(t.loop);
      scope.spawn(write(t, p, w, {}));
      co_await t.until(t.kWaiting, "1");
      EXPECT_EQ(t.value(kEndWait), "1");
      co_await scope.join();
      EXPECT_EQ(t.outcome, "unknown");
      EXPECT_EQ(t.metric("souk_db_unknown_outcomes_total"), 1);
      EXPECT_EQ(t.value("SELECT count(*) FROM t"), "1");
    }(test, pool, way);
  });
}

TEST_P(EveryWayOfWritingTest, ADeadlineCancelsNoCommitAndItsConnectionComesBackWithTheStandby) {
  with_pool([way = GetParam()](SynchronousCommitTest& test, Pool& pool) {
    return [](SynchronousCommitTest& t, Pool& p, Way w) -> Task<void> {
      co_await write_until_late(t, p, w);
      EXPECT_EQ(t.outcome, "unknown");
      EXPECT_EQ(t.metric("souk_db_unknown_outcomes_total"), 1);
      EXPECT_EQ(t.metric("souk_db_connections{state=\"committing\"}"), 1);
      EXPECT_EQ(t.metric("souk_db_connections{state=\"used\"}"), 0);
      // It keeps waiting, and so does the next user of its connection.
      EXPECT_EQ(t.value(t.kWaiting), "1");
      EXPECT_EQ(t.value("SELECT count(*) FROM t"), "0");
      EXPECT_EQ(p.connections(), 2U);
      Scope scope(t.loop);
      scope.spawn(write(t, p, w, {}));
      t.value("ALTER SYSTEM SET synchronous_standby_names = ''");
      t.value("SELECT pg_reload_conf()");
      co_await scope.join();
      EXPECT_EQ(t.outcome, "acknowledged");
      EXPECT_EQ(t.value("SELECT count(*) FROM t"), "2");
      EXPECT_EQ(p.connections(), 2U);
      EXPECT_EQ(t.metric("souk_db_connections{state=\"committing\"}"), 0);
      EXPECT_EQ(t.metric("souk_db_unknown_outcomes_total"), 1);
    }(test, pool, way);
  });
}

std::string name_of_way(const testing::TestParamInfo<Way>& info) {
  constexpr std::array kNames{"alone", "with_its_commit", "before_its_commit"};
  return kNames.at(static_cast<std::size_t>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Of, EveryWayOfWritingTest,
                         testing::Values(Way::kAlone, Way::kTransaction, Way::kCommitAlone),
                         name_of_way);

// The cancel stayed pending and ended the later wait for the standby. A deferred trigger makes the
// COMMIT wait before that here.
TEST_F(SynchronousCommitTest, ADeadlineCancelsNoCommitThatDoesNotWaitForItsStandbyYet) {
  with_pool([](SynchronousCommitTest& test, Pool& pool) -> Task<void> {
    test.value("ALTER SYSTEM SET synchronous_standby_names = ''");
    test.value("SELECT pg_reload_conf()");
    co_await test.until("SHOW synchronous_standby_names", "");
    test.value(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'");
    test.value(
        "CREATE CONSTRAINT TRIGGER t_waits AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION wait()");
    auto holder = BlockingConnection::open(test.server.conninfo(), "souk test");
    EXPECT_TRUE(holder && holder->run("SELECT pg_advisory_lock(1)"));
    co_await write_until_late(test, pool, Way::kTransaction);
    EXPECT_EQ(test.outcome, "unknown");
    EXPECT_EQ(test.value("SELECT query FROM pg_stat_activity WHERE wait_event = 'advisory'"),
              "COMMIT");
    EXPECT_TRUE(holder->run("SELECT pg_advisory_unlock(1)"));
    co_await test.until("SELECT count(*) FROM t", "1");
  });
}

TEST_F(SynchronousCommitTest, ADeadlineStillCancelsAStatement) {
  with_pool([](SynchronousCommitTest& test, Pool& pool) -> Task<void> {
    Context context{.deadline = std::chrono::steady_clock::now() + 100ms};
    EXPECT_THROW(co_await pool.query(context, kSleep, 60.0), Timeout);
    EXPECT_EQ(test.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
              "0");
  });
}

}  // namespace
}  // namespace souk::postgres
