#include <gmock/gmock.h>

#include <thread>

#include "postgres/test_pool.h"
#include "postgres/transaction.h"

namespace souk::postgres {
namespace {

using namespace std::chrono_literals;
using runtime::Context;
using runtime::Scope;
using runtime::Task;
using Kind = Statement::Kind;

constexpr Statement kInsert{
    .name = "insert", .sql = "INSERT INTO t VALUES ($1) RETURNING n", .kind = Kind::kWrite};
constexpr Statement kCount{.name = "count", .sql = "SELECT count(*) FROM t", .kind = Kind::kPoint};
constexpr Statement kSleep{.name = "sleep", .sql = "SELECT pg_sleep($1)", .kind = Kind::kScan};
constexpr Statement kEcho{.name = "echo", .sql = "SELECT $1::bigint", .kind = Kind::kPoint};

constexpr auto kBackends =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'souk' AND datname = "
    "current_database()";

class TransactionTest : public PoolTest {
 protected:
  TransactionTest() { execute("CREATE TABLE t (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED)"); }

 public:
  std::string rows() { return value("SELECT count(*) FROM t"); }
};

TEST_F(TransactionTest, IsKeptWhenCommitted) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto transaction = co_await pool.begin(test.context);
    EXPECT_EQ((co_await transaction.query(kInsert, 1)).one<std::int32_t>(), 1);
    EXPECT_EQ((co_await transaction.query(kCount)).one<std::int64_t>(), 1);
    EXPECT_EQ(test.value("SELECT count(*) FROM t"), "0");
    co_await transaction.commit();
    EXPECT_EQ(test.context.statements, 2u);
  });
  EXPECT_EQ(rows(), "1");
}

TEST_F(TransactionTest, CarriesBeginAndCommitAlongInOneRoundTrip) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto transaction = co_await pool.begin(test.context);
    auto [one, two, count] =
        co_await transaction.pipeline_and_commit(call(kInsert, 1), call(kInsert, 2), call(kCount));
    EXPECT_EQ(one.one<std::int32_t>(), 1);
    EXPECT_EQ(two.one<std::int32_t>(), 2);
    EXPECT_EQ(count.one<std::int64_t>(), 2);
  });
  EXPECT_EQ(rows(), "2");
}

TEST_F(TransactionTest, TakesAnyNumberOfCallsAtOnce) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    std::vector<Call> calls;
    for (int i = 0; i < 2000; ++i) calls.push_back(call(kInsert, i));
    auto transaction = co_await pool.begin(test.context, Isolation::kSerializable);
    const auto results = co_await transaction.pipeline(std::move(calls));
    EXPECT_EQ(results.at(1999).one<std::int32_t>(), 1999);
    co_await transaction.commit();
  });
  EXPECT_EQ(rows(), "2000");
}

TEST_F(TransactionTest, IsRolledBackWhenItsScopeIsLeft) {
  config.max_connections = 2;  // the next one gets the same connection
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      auto transaction = co_await pool.begin(test.context);
      co_await transaction.query(kInsert, i);
    }
    auto transaction = co_await pool.begin(test.context);
    EXPECT_EQ((co_await transaction.query(kCount)).one<std::int64_t>(), 0);
    co_await transaction.rollback();
    EXPECT_EQ(pool.connections(), 2u);
  });
  EXPECT_EQ(rows(), "0");
}

Task<void> fail_half_way(PoolTest& test, Pool& pool) {
  auto transaction = co_await pool.begin(test.context);
  co_await transaction.query(kInsert, 1);
  throw std::runtime_error("as told");
}

TEST_F(TransactionTest, IsRolledBackWhenAnExceptionPasses) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    EXPECT_THROW(co_await fail_half_way(test, pool), std::runtime_error);
  });
  EXPECT_EQ(rows(), "0");
}

TEST_F(TransactionTest, IsNotCommittedWhenAStatementSentBeforeTheCommitIsRefused) {
  execute("ALTER TABLE t ADD CHECK (n > 0)");
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto transaction = co_await pool.begin(test.context);
    try {
      co_await transaction.pipeline_and_commit(call(kInsert, 1), call(kInsert, -1),
                                               call(kInsert, 2));
      ADD_FAILURE();
    } catch (const StatementError& error) {
      EXPECT_TRUE(error.check_violation("t_n_check")) << error.what();
      EXPECT_FALSE(error.retryable());
    }
    EXPECT_THROW(co_await transaction.query(kCount), StatementError);
    EXPECT_THROW(co_await transaction.commit(), StatementError);
  });
  EXPECT_EQ(rows(), "0");
}

// The server answers an autocommitted INSERT before it commits; only the Sync reports the commit.
TEST_F(TransactionTest, AWriteWhoseOwnCommitFailsIsRefused) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    co_await pool.query(test.context, kInsert, 1);
    try {
      co_await pool.query(test.context, kInsert, 1);
      ADD_FAILURE();
    } catch (const StatementError& error) {
      EXPECT_TRUE(error.unique_violation("t_n_key")) << error.what();
    }
    auto transaction = co_await pool.begin(test.context);
    co_await transaction.query(kInsert, 1);
    EXPECT_THROW(co_await transaction.commit(), StatementError);
  });
  EXPECT_EQ(rows(), "1");
}

TEST_F(TransactionTest, IsRolledBackWhenItsDeadlinePasses) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    Context hurried{.deadline = std::chrono::steady_clock::now() + 100ms};
    auto transaction = co_await pool.begin(hurried);
    co_await transaction.query(kInsert, 1);
    EXPECT_THROW(co_await transaction.query_and_commit(kSleep, 30.0), Timeout);
  });
  EXPECT_EQ(rows(), "0");
  while (value(kBackends) != "0") std::this_thread::yield();
}

TEST_F(TransactionTest, CostsNothingWithoutAStatement) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto committed = co_await pool.begin(test.context);
    co_await committed.commit();
    auto forgotten = co_await pool.begin(test.context);
    EXPECT_EQ(test.context.statements, 0u);
  });
}

TEST_F(TransactionTest, ASnapshotSeesNothingThatCameLaterAndWritesNothing) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto snapshot = co_await pool.begin(test.context, Isolation::kSnapshot);
    EXPECT_EQ((co_await snapshot.query(kCount)).one<std::int64_t>(), 0);
    test.execute("INSERT INTO t VALUES (1)");
    EXPECT_EQ((co_await snapshot.query(kCount)).one<std::int64_t>(), 0);
    EXPECT_THROW(co_await snapshot.query(kInsert, 2), ReadOnly);
  });
  EXPECT_EQ(rows(), "1");
}

// ---- statements sent ahead

TEST_F(TransactionTest, AStatementSentAheadRunsWhileItsCallerDoesSomethingElse) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto transaction = co_await pool.begin(test.context);
    co_await transaction.query(kInsert, 1);
    auto ahead = transaction.send_ahead(kInsert, 2);
    co_await test.until(
        "SELECT state FROM pg_stat_activity WHERE query LIKE 'INSERT INTO t%' AND datname = "
        "current_database()",
        "idle in transaction");
    EXPECT_EQ((co_await transaction.take(std::move(ahead))).one<std::int32_t>(), 2);
    EXPECT_EQ(test.context.statements, 2u);
    co_await transaction.commit();
  });
  EXPECT_EQ(rows(), "2");
}

TEST_F(TransactionTest, AStatementSentAheadThatIsRefusedSaysSoWhenItIsTaken) {
  execute("ALTER TABLE t ADD CHECK (n > 0)");
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto transaction = co_await pool.begin(test.context);
    co_await transaction.query(kInsert, 1);
    auto ahead = transaction.send_ahead(kInsert, -1);
    EXPECT_THROW(co_await transaction.take(std::move(ahead)), StatementError);
  });
  EXPECT_EQ(rows(), "0");
}

TEST_F(TransactionTest, AStatementSentAheadAndNotTakenIsRolledBackWithTheRest) {
  config.max_connections = 2;  // the next one gets the same connection
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      auto transaction = co_await pool.begin(test.context);
      co_await transaction.query(kInsert, 1);
      const auto ahead = transaction.send_ahead(kInsert, 2);
    }
    auto transaction = co_await pool.begin(test.context);
    EXPECT_EQ((co_await transaction.query(kCount)).one<std::int64_t>(), 0);
    EXPECT_EQ(pool.connections(), 2u);
  });
  EXPECT_EQ(rows(), "0");
}

TEST_F(TransactionTest, AStatementSentAheadHasUntilTheDeadline) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    Context hurried{.deadline = std::chrono::steady_clock::now() + 200ms};
    auto transaction = co_await pool.begin(hurried);
    co_await transaction.query(kInsert, 1);
    auto ahead = transaction.send_ahead(kSleep, 30.0);
    EXPECT_THROW(co_await transaction.take(std::move(ahead)), Timeout);
  });
  EXPECT_EQ(rows(), "0");
  while (value(kBackends) != "0") std::this_thread::yield();
}

// ---- conflicts with other transactions

constexpr Statement kAdd{
    .name = "add", .sql = "UPDATE sums SET n = n + 1 WHERE id = $1", .kind = Kind::kWrite};
constexpr Statement kBePatient{.name = "be_patient",
                               .sql = "SELECT set_config('deadlock_timeout', '10min', true)",
                               .kind = Kind::kPoint};
constexpr Statement kPassGate{
    .name = "pass_gate", .sql = "SELECT pg_advisory_xact_lock_shared(7)", .kind = Kind::kPoint};

class TransactionConflictTest : public TransactionTest {
 protected:
  TransactionConflictTest() {
    execute("CREATE TABLE sums (id integer PRIMARY KEY, n integer NOT NULL)");
    execute("INSERT INTO sums VALUES (1, 0), (2, 0)");
  }

 public:
  template <class Body>
  void with_pool(Body body) {
    loop.run_until_done(run_with_pool(*this, body));
  }
  // Waits until `count` transactions wait for a lock.
  Task<void> until_waiting(std::string count) {
    return until(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
        "current_database()",
        std::move(count));
  }
  double conflicts() {
    Buffer out;
    registry.render(out);
    constexpr std::string_view kSeries = "souk_db_retries_total{reason=\"conflict\"} ";
    return std::stod(std::string(out.view().substr(out.view().find(kSeries) + kSeries.size(), 20)));
  }
};

// Locks row 2, then row 1. Its long deadlock_timeout makes PostgreSQL abort the other transaction.
Task<void> take_two_and_one(Pool& pool, runtime::Event& taken, runtime::Event& go_on) {
  Context context;
  auto transaction = co_await pool.begin(context);
  co_await transaction.query(kBePatient);
  co_await transaction.query(kAdd, 2);
  taken.set();
  co_await go_on.wait();
  co_await transaction.query_and_commit(kAdd, 1);
}

Task<void> take_one_and_two(TransactionConflictTest& test, Pool& pool, runtime::Event& taken,
                            int& runs) {
  ++runs;
  auto transaction = co_await pool.begin(test.context);
  co_await transaction.query(kAdd, 1);
  if (runs == 1) {
    taken.set();
    co_await test.until_waiting("1");
  }
  co_await transaction.query_and_commit(kAdd, 2);
}

TEST_F(TransactionConflictTest, ATransactionThatADeadlockUndidIsRunAgainFromItsStart) {
  with_pool([](TransactionConflictTest& test, Pool& pool) -> Task<void> {
    Scope scope(test.loop);
    runtime::Event two(test.loop);
    runtime::Event one(test.loop);
    scope.spawn(take_two_and_one(pool, two, one));
    co_await two.wait();
    int runs = 0;
    co_await pool.retry(test.context, [&] { return take_one_and_two(test, pool, one, runs); });
    co_await scope.join();
    EXPECT_EQ(test.conflicts(), runs - 1);
    EXPECT_GE(runs, 2) << "more where it meets the other once more";
    EXPECT_EQ(test.context.statements, 2u) << "of one run";
  });
  EXPECT_EQ(value("SELECT string_agg(n::text, ' ') FROM sums"), "2 2");
}

Task<void> take_one_and_two_at_once(TransactionConflictTest& test, Pool& pool) {
  auto transaction = co_await pool.begin(test.context);
  co_await transaction.pipeline_and_commit(call(kAdd, 1), call(kPassGate), call(kAdd, 2));
}

TEST_F(TransactionConflictTest, AWholeTransactionThatADeadlockUndidIsSentAgain) {
  auto gate = database.connect();
  ASSERT_TRUE(gate.run("SELECT pg_advisory_lock(7)"));
  with_pool([&gate](TransactionConflictTest& test, Pool& pool) -> Task<void> {
    Scope scope(test.loop);
    runtime::Event two(test.loop);
    runtime::Event one(test.loop);
    scope.spawn(take_two_and_one(pool, two, one));
    co_await two.wait();
    scope.spawn(take_one_and_two_at_once(test, pool));
    co_await test.until_waiting("1");
    one.set();
    co_await test.until_waiting("2");
    EXPECT_TRUE(gate.run("SELECT pg_advisory_unlock(7)"));
    co_await scope.join();
    EXPECT_GE(test.conflicts(), 1);
    EXPECT_EQ(test.context.statements, 3u) << "each once";
  });
  EXPECT_EQ(value("SELECT string_agg(n::text, ' ') FROM sums"), "2 2");
}

template <class Error>
Task<void> fail_with(Error error, int& runs) {
  ++runs;
  throw Error(error);
  co_return;
}

TEST_F(TransactionConflictTest, ATransactionThatIsAlwaysUndoneIsGivenUpAfterFiveRuns) {
  with_pool([](TransactionConflictTest& test, Pool& pool) -> Task<void> {
    int runs = 0;
    EXPECT_THROW(
        co_await pool.retry(test.context,
                            [&] { return fail_with(StatementError("s", "40001", "", ""), runs); }),
        StatementError);
    EXPECT_EQ(runs, 5);
    EXPECT_EQ(test.conflicts(), 4);
  });
}

TEST_F(TransactionConflictTest, AnUnknownOutcomeIsNeverRunAgain) {
  with_pool([](TransactionConflictTest& test, Pool& pool) -> Task<void> {
    int runs = 0;
    EXPECT_THROW(
        co_await pool.retry(test.context, [&] { return fail_with(OutcomeUnknown("lost"), runs); }),
        OutcomeUnknown);
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(test.conflicts(), 0);
  });
}

// ---- lost connections

constexpr auto kTerminate =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'souk' "
    "AND datname = current_database()";

TEST_F(TransactionTest, StartsOverOnAFreshConnectionWhenItsOwnDiedIdle) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    for (int i = 0; i < 10; ++i) {
      auto transaction = co_await pool.begin(test.context);
      // Blocks the loop, so that it cannot notice.
      while (test.value(kTerminate) != "0") std::this_thread::yield();
      co_await transaction.query_and_commit(kInsert, i);
    }
  });
  EXPECT_EQ(rows(), "10");
}

TEST_F(TransactionTest, ThatLosesItsConnectionIsUnavailableAndRolledBack) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto transaction = co_await pool.begin(test.context);
    co_await transaction.query(kInsert, 1);
    test.execute(kTerminate);
    EXPECT_THROW(co_await transaction.query(kInsert, 2), Unavailable);
    EXPECT_THROW(co_await transaction.commit(), Unavailable);
  });
  EXPECT_EQ(rows(), "0");
}

Task<void> commit_slowly(PoolTest& test, Pool& pool) {
  auto transaction = co_await pool.begin(test.context);
  EXPECT_THROW(co_await transaction.query_and_commit(kInsert, 1), OutcomeUnknown);
}

Task<void> write_slowly(PoolTest& test, Pool& pool) {
  EXPECT_THROW(co_await pool.query(test.context, kInsert, 2), OutcomeUnknown);
}

TEST_F(TransactionTest, KilledWhileCommittingHasAnUnknownOutcome) {
  execute(
      "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN PERFORM pg_sleep(30); RETURN NULL; END'");
  execute(
      "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION dawdle()");
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    Scope scope(test.loop);
    scope.spawn(commit_slowly(test, pool));
    scope.spawn(write_slowly(test, pool));
    co_await test.until(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = "
        "current_database()",
        "2");
    test.execute(kTerminate);
    co_await scope.join();
  });
}

Task<void> read_while_killed(PoolTest& test, Pool& pool, const bool& done, int& answered) {
  while (!done) {
    EXPECT_EQ((co_await pool.query(test.context, kEcho, std::int64_t{7})).one<std::int64_t>(), 7);
    co_await pool.query(test.context, kSleep, 0.001);
    ++answered;
  }
}

TEST_F(TransactionTest, ReadsNeverNoticeThatTheirBackendsAreKilled) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    bool done = false;
    std::array<int, 8> answered{};
    Scope scope(test.loop);
    for (auto& count : answered) scope.spawn(read_while_killed(test, pool, done, count));
    for (int i = 0; i < 10 && scope.active() == answered.size(); ++i) {
      answered.fill(0);
      test.execute(kTerminate);
      while (std::ranges::min(answered) < 2 && scope.active() == answered.size()) {
        co_await test.loop.sleep(1ms);
      }
    }
    done = true;
    co_await scope.join();
  });
}

}  // namespace
}  // namespace souk::postgres
