#include <gmock/gmock.h>

#include <cmath>

#include "postgres/explaining.h"
#include "postgres/pool.h"
#include "postgres/test_pool.h"
#include "runtime/test_until.h"

namespace souk::postgres {
namespace {

using namespace std::chrono_literals;
using runtime::Context;
using runtime::Scope;
using runtime::Task;
using testing::HasSubstr;
using Kind = Statement::Kind;

constexpr Statement kEcho{.name = "echo", .sql = "SELECT $1::bigint", .kind = Kind::kPoint};
constexpr Statement kBackend{
    .name = "backend", .sql = "SELECT pg_backend_pid()", .kind = Kind::kPoint};
constexpr Statement kDivide{.name = "divide", .sql = "SELECT 100 / $1::int", .kind = Kind::kPoint};
constexpr Statement kSleep{.name = "sleep", .sql = "SELECT pg_sleep($1)", .kind = Kind::kScan};
constexpr Statement kInsert{
    .name = "insert", .sql = "INSERT INTO t VALUES ($1)", .kind = Kind::kWrite};
constexpr Statement kCount{.name = "count", .sql = "SELECT count(*) FROM t", .kind = Kind::kPoint};

Task<void> echo(PoolTest& test, Pool& pool, std::int64_t number, int& answered) {
  const auto rows = co_await pool.query(test.context, kEcho, number);
  EXPECT_EQ(rows.one<std::int64_t>(), number);
  ++answered;
}

Task<void> note_backend(PoolTest& test, Pool& pool, std::vector<std::int32_t>& backends) {
  backends.push_back((co_await pool.query(test.context, kBackend)).one<std::int32_t>());
}

// ---- values

struct Everything {
  bool flag;
  std::int16_t small;
  std::int32_t medium;
  std::int64_t large;
  double real;
  std::string text;
  std::vector<std::uint8_t> bytes;
  std::array<std::uint8_t, 3> hash;
  ProductId id;
  Timestamp time;
  Money price;
  std::optional<std::int32_t> absent;
  std::vector<std::int32_t> numbers;
  std::vector<std::string> texts;
  std::vector<ProductId> ids;
};
constexpr auto kEverythingRow =
    row_of(&Everything::flag, &Everything::small, &Everything::medium, &Everything::large,
           &Everything::real, &Everything::text, &Everything::bytes, &Everything::hash,
           &Everything::id, &Everything::time, &Everything::price, &Everything::absent,
           &Everything::numbers, &Everything::texts, &Everything::ids);
constexpr Statement kEverything{
    .name = "everything",
    .sql =
        "SELECT $1, $2, $3, $4, $5, $6::text, $7, $8, $9, $10, $11, $12::char(3), $13, $14, "
        "$15, $16",
    .kind = Kind::kPoint};

using PostgresValues = PoolTest;

TEST_F(PostgresValues, ComeBackAsTheyWereSent) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    const ProductId id{*Uuid::parse("018f2e6a-0000-7000-8000-0000000000ff")};
    const Everything in{.flag = true,
                        .small = -2,
                        .medium = 1 << 30,
                        .large = std::int64_t{1} << 62,
                        .real = std::nextafter(1.0, 2.0),
                        .text = "Grüße, \xF0\x9F\x9B\x92",
                        .bytes = {0, 255, 0},
                        .hash = {1, 2, 3},
                        .id = id,
                        .time = Timestamp(1'700'000'000'123'456us),
                        .price = {1999, *Currency::parse("EUR")},
                        .absent = std::nullopt,
                        .numbers = {1, -1},
                        .texts = {"", "b"},
                        .ids = {id, id}};
    const auto out =
        (co_await pool.query(test.context, kEverything, in.flag, in.small, in.medium, in.large,
                             in.real, in.text, in.bytes, in.hash, in.id, in.time, in.price.amount,
                             in.price.currency, in.absent, in.numbers, in.texts, in.ids))
            .one(kEverythingRow);
    EXPECT_EQ(std::tie(out.flag, out.small, out.medium, out.large, out.real, out.text),
              std::tie(in.flag, in.small, in.medium, in.large, in.real, in.text));
    EXPECT_EQ(std::tie(out.bytes, out.hash, out.id, out.time, out.price, out.absent),
              std::tie(in.bytes, in.hash, in.id, in.time, in.price, in.absent));
    EXPECT_EQ(std::tie(out.numbers, out.texts, out.ids), std::tie(in.numbers, in.texts, in.ids));
  });
}

TEST_F(PostgresValues, OfAMegabyteAreSentAndReceivedWhole) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    static constexpr Statement kText{.name = "text", .sql = "SELECT $1::text", .kind = Kind::kScan};
    for (const std::size_t size : {0, 1, 100'000, 8'000'000}) {
      const std::string text(size, 'x');
      EXPECT_EQ((co_await pool.query(test.context, kText, text)).one<std::string>(), text);
    }
  });
}

TEST_F(PostgresValues, ReadWithTheWrongReaderNameStatementAndColumn) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    static constexpr Statement kOne{
        .name = "one_row", .sql = "SELECT 1::bigint AS n, NULL::text AS t", .kind = Kind::kPoint};
    const auto rows = co_await pool.query(test.context, kOne);
    const auto refusal = [&](auto read) -> std::string {
      try {
        read();
      } catch (const RowMismatch& mismatch) {
        return mismatch.what();
      }
      return "none";
    };
    EXPECT_THAT(refusal([&] { rows[0].get<std::int32_t>(0); }), HasSubstr("one_row: column 0 (n)"));
    EXPECT_THAT(refusal([&] { rows[0].get<std::string>(1); }), HasSubstr("column 1 (t) is NULL"));
    EXPECT_THAT(refusal([&] { rows[0].get<std::string>(2); }), HasSubstr("does not exist"));
    EXPECT_THAT(refusal([&] { rows.as<std::int64_t>(); }), HasSubstr("2 columns"));
    EXPECT_EQ(rows[0].get<std::optional<std::string>>(1), std::nullopt);
  });
}

// ---- points

using Points = PoolTest;

TEST_F(Points, OfOneTurnShareOneConnection) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    std::vector<std::int32_t> backends;
    Scope scope(test.loop);
    for (int i = 0; i < 1000; ++i) scope.spawn(note_backend(test, pool, backends));
    co_await scope.join();
    EXPECT_EQ(backends.size(), 1000u);
    EXPECT_THAT(backends, testing::Each(backends.front()));
    EXPECT_EQ(test.context.statements, 1000u);
    EXPECT_GT(test.context.database_time.count(), 0);
  });
}

Task<void> divide(PoolTest& test, Pool& pool, std::int32_t by, int& right, int& refused) {
  try {
    const auto rows = co_await pool.query(test.context, kDivide, by);
    right += rows.one<std::int32_t>() == 100 / by ? 1 : 0;
  } catch (const StatementError& error) {
    EXPECT_EQ(error.sqlstate(), "22012");
    EXPECT_EQ(error.statement(), "divide");
    refused += by == 0 ? 1 : 0;
  }
}

TEST_F(Points, AreAnsweredThoughNeighboursInTheirBatchAreRefused) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    int right = 0;
    int refused = 0;
    Scope scope(test.loop);
    for (int i = 0; i < 600; ++i) scope.spawn(divide(test, pool, i % 7, right, refused));
    co_await scope.join();
    EXPECT_EQ(right + refused, 600);
    EXPECT_EQ(refused, 86);
  });
}

Task<void> insert(PoolTest& test, Pool& pool, std::int32_t number) {
  EXPECT_EQ((co_await pool.query(test.context, kInsert, number)).affected(), 1u);
}

TEST_F(Points, ThatAreRefusedUndoNoWriteOfTheirTurn) {
  execute("CREATE TABLE t (n integer)");
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    int right = 0;
    int refused = 0;
    Scope scope(test.loop);
    for (int i = 0; i < 50; ++i) {
      scope.spawn(insert(test, pool, i));
      scope.spawn(divide(test, pool, 0, right, refused));
    }
    co_await scope.join();
    EXPECT_EQ(refused, 50);
  });
  EXPECT_EQ(value("SELECT count(*) FROM t"), "50");
}

TEST_F(Points, AreNotHeldUpByAStalledOne) {
  config.stalled_after = 20ms;
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    static constexpr Statement kSlow{
        .name = "slow_point", .sql = "SELECT pg_sleep(30)", .kind = Kind::kPoint};
    Context slow{.deadline = std::chrono::steady_clock::now() + 500ms};
    Scope scope(test.loop);
    scope.spawn([](Context& context, Pool& p) -> Task<void> {
      EXPECT_THROW(co_await p.query(context, kSlow), Timeout);
    }(slow, pool));
    co_await test.until("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)'",
                        "1");
    co_await test.loop.sleep(100ms);
    int answered = 0;
    co_await echo(test, pool, 1, answered);
    EXPECT_EQ(scope.active(), 1u) << "the slow one is still on its way";
    co_await scope.join();
    test.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%(30)'");
  });
}

TEST_F(Points, ArePreparedAnewAfterTheirTableChanged) {
  execute("CREATE TABLE t (n integer)");
  execute("INSERT INTO t VALUES (1)");
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    static constexpr Statement kAll{.name = "all", .sql = "SELECT * FROM t", .kind = Kind::kPoint};
    EXPECT_EQ((co_await pool.query(test.context, kAll)).one<std::int32_t>(), 1);
    test.execute("ALTER TABLE t ALTER n TYPE bigint");
    EXPECT_EQ((co_await pool.query(test.context, kAll)).one<std::int64_t>(), 1);
  });
}

TEST_F(Points, ArePreparedAnewWhenTheServerForgotThem) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    static constexpr Statement kForget{
        .name = "forget", .sql = "DEALLOCATE ALL", .kind = Kind::kPoint};
    int answered = 0;
    co_await echo(test, pool, 1, answered);
    co_await pool.query(test.context, kForget);
    Scope scope(test.loop);
    for (int i = 0; i < 10; ++i) scope.spawn(echo(test, pool, i, answered));
    co_await scope.join();
    EXPECT_EQ(answered, 11);
  });
}

TEST_F(Points, WithABadTextAreRefusedAndHarmNobody) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    static constexpr Statement kBad{.name = "bad", .sql = "SELEC 1", .kind = Kind::kPoint};
    static constexpr Statement kEchoTwin{
        .name = "echo", .sql = "SELECT 2::bigint", .kind = Kind::kPoint};
    int answered = 0;
    Scope scope(test.loop);
    scope.spawn(echo(test, pool, 1, answered));
    for (int i = 0; i < 3; ++i) {
      EXPECT_THROW(co_await pool.query(test.context, kBad), StatementError);
    }
    co_await scope.join();
    EXPECT_EQ(answered, 1);
    EXPECT_THROW(co_await pool.query(test.context, kEchoTwin), std::logic_error);
    EXPECT_THROW(co_await pool.query(test.context, kEcho, std::int32_t{1}), std::logic_error);
  });
}

// ---- time-outs and bounds

constexpr auto kSleeping =
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep($%' "
    "AND pid <> pg_backend_pid()";

using Timeouts = PoolTest;

TEST_F(Timeouts, TheDeadlineCancelsTheStatementOnTheServer) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    test.context.deadline = std::chrono::steady_clock::now() + 50ms;
    EXPECT_THROW(co_await pool.query(test.context, kSleep, 30.0), Timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - test.context.deadline, 1s);
    co_await test.until(kSleeping, "0");
    EXPECT_THROW(co_await pool.query(test.context, kEcho, std::int64_t{1}), Timeout)
        << "the deadline has passed";
  });
}

Task<void> sleep_until_cancelled(Pool& pool, Context& context, int& ended) {
  EXPECT_THROW(co_await pool.query(context, kSleep, 600.0), Timeout);
  ++ended;
}

Task<void> sleep_in_a_transaction(Pool& pool, Context& context, int& ended) {
  auto transaction = co_await pool.begin(context);
  co_await transaction.query(kInsert, std::int32_t{1});
  EXPECT_THROW(co_await transaction.query_and_commit(kSleep, 600.0), Timeout);
  ++ended;
}

// Statements ran to their end although nobody waited.
TEST_F(Timeouts, ARequestThatNobodyWaitsForTakesItsStatementsAlong) {
  execute("CREATE TABLE t (n integer)");
  config.command_timeout = 1h;
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    Context unwanted;
    Scope scope(test.loop);
    int ended = 0;
    for (int i = 0; i < 2; ++i) scope.spawn(sleep_until_cancelled(pool, unwanted, ended));
    scope.spawn(sleep_in_a_transaction(pool, unwanted, ended));
    co_await test.until(kSleeping, "3");
    unwanted.cancel();
    co_await scope.join();
    EXPECT_EQ(ended, 3);
    co_await test.until(kSleeping, "0");
    co_await test.until("SELECT count(*) FROM t", "0");
    EXPECT_THROW(co_await pool.query(unwanted, kSleep, 0.0), Timeout);
    co_await pool.query(test.context, kSleep, 0.001);
  });
}

TEST_F(Timeouts, TheServerKnowsTheCommandTimeoutToo) {
  config.command_timeout = 1234ms;
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    static constexpr Statement kShow{
        .name = "show", .sql = "SELECT current_setting('statement_timeout')", .kind = Kind::kPoint};
    EXPECT_EQ((co_await pool.query(test.context, kShow)).one<std::string>(), "1234ms");
  });
}

TEST_F(Timeouts, ACancelledConnectionServesTheNextUnharmed) {
  config.max_connections = 2;
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    for (int i = 0; i < 5; ++i) {
      Context hurried{.deadline = std::chrono::steady_clock::now() + 20ms};
      EXPECT_THROW(co_await pool.query(hurried, kSleep, 30.0), Timeout);
      co_await pool.query(test.context, kSleep, 0.001);
    }
    EXPECT_EQ(pool.connections(), 2u);
  });
}

Task<void> hold(PoolTest& test, Pool& pool, runtime::Event& release, std::vector<int>& order,
                int number) {
  auto transaction = co_await pool.begin(test.context);
  order.push_back(number);
  co_await release.wait();
}

TEST_F(Timeouts, WaitsForAConnectionAreInOrderAndBounded) {
  config.min_connections = config.max_connections = 3;  // one of them for points
  config.max_waiting = 3;
  config.acquire_timeout = 200ms;
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    runtime::Event release(test.loop);
    std::vector<int> order;
    Scope scope(test.loop);
    for (int i = 0; i < 4; ++i) scope.spawn(hold(test, pool, release, order, i));
    EXPECT_THAT(order, testing::ElementsAre(0, 1));
    EXPECT_THROW(co_await pool.begin(test.context), Overloaded) << "nobody gave one back in time";
    const auto drained = co_await scope.join(0ms);
    EXPECT_FALSE(drained);
    release.set();
    EXPECT_THROW(co_await scope.join(), Overloaded) << "the two other waiters";
    release.reset();
    order.clear();
    for (int i = 0; i < 5; ++i) scope.spawn(hold(test, pool, release, order, i));
    EXPECT_THROW(co_await pool.begin(test.context), Overloaded) << "three wait already";
    release.set();
    co_await scope.join();
    EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4));
    EXPECT_EQ(pool.connections(), 3u);
  });
}

TEST_F(Timeouts, ConnectionsLongIdleAreClosedDownToTheMinimum) {
  config.min_connections = 2;
  config.idle_lifetime = 50ms;
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    Scope scope(test.loop);
    runtime::Event release(test.loop);
    std::vector<int> order;
    for (int i = 0; i < 8; ++i) scope.spawn(hold(test, pool, release, order, i));
    co_await runtime::until(test.loop, [&] { return order.size() >= 8; });
    EXPECT_GE(pool.connections(), 8u);
    const std::string ours =
        " FROM pg_stat_activity WHERE application_name = 'souk' AND datname = current_database()";
    const auto pids = test.value("SELECT array_agg(pid)" + ours);
    release.set();
    co_await scope.join();
    co_await runtime::until(test.loop, [&] { return pool.connections() <= 2; });
    co_await test.until("SELECT count(*)" + ours, "2");
    // The two are among the earlier ones: not all were closed and new ones opened.
    EXPECT_EQ(test.value("SELECT count(*)" + ours + " AND pid = ANY('" + pids + "')"), "2");
  });
}

// ---- conflicts with other transactions

class ConflictTest : public PoolTest, public testing::WithParamInterface<const char*> {};

TEST_P(ConflictTest, UndoesAStatementWhichIsSentAgain) {
  execute("CREATE TABLE t (n integer)");
  database.conflict_once("INSERT ON t", GetParam());
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    co_await pool.query(test.context, kInsert, 7);
    EXPECT_EQ((co_await pool.query(test.context, kCount)).one<std::int64_t>(), 1);
    Buffer out;
    test.registry.render(out);
    EXPECT_THAT(std::string(out.view()), HasSubstr("souk_db_retries_total{reason=\"conflict\"} 1"));
  });
}

INSTANTIATE_TEST_SUITE_P(Of, ConflictTest, testing::Values("40P01", "40001"),
                         [](const auto& info) { return std::string(info.param); });

// ---- metrics

TEST_F(PoolTest, StatementsAreCountedUnderTheirNames) {
  execute("CREATE TABLE t (n integer PRIMARY KEY)");
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    co_await pool.query(test.context, kInsert, 1);
    EXPECT_THROW(co_await pool.query(test.context, kInsert, 1), StatementError);
    co_await pool.query(test.context, kCount);
    Buffer out;
    test.registry.render(out);
    const std::string text(out.view());
    EXPECT_THAT(text, HasSubstr("souk_db_statements_total{statement=\"insert\"} 2"));
    EXPECT_THAT(text, HasSubstr("souk_db_statement_errors_total{statement=\"insert\","
                                "sqlstate_class=\"23\"} 1"));
    EXPECT_THAT(text, HasSubstr("souk_db_rows_total{statement=\"count\"} 1"));
    EXPECT_THAT(text, HasSubstr("souk_db_connection_hold_seconds_count 2"));
    EXPECT_THAT(text, HasSubstr("souk_db_connections{state=\"idle\"} 4"));
    EXPECT_THAT(text, HasSubstr("souk_db_connections{state=\"shared\"} 1"));
  });
}

// ---- traces

class TracedPool : public PoolTest {
 public:
  TracedPool() {
    spans.start({}, true, false);
    context.spans = &spans;
  }
  std::vector<Span> taken() { return spans.take(std::chrono::steady_clock::now()); }

  Spans spans;
};

template <class Body>
void with_traced_pool(TracedPool& test, Body body) {
  test.loop.run_until_done(run_with_pool(test, body));
}

TEST_F(TracedPool, EachStatementIsASpanWithItsRowsAndItsFailure) {
  with_traced_pool(*this, [](TracedPool& test, Pool& pool) -> Task<void> {
    static constexpr Statement kPoint{
        .name = "traced.point", .sql = "SELECT generate_series(1, 3)", .kind = Kind::kPoint};
    static constexpr Statement kScan{
        .name = "traced.scan", .sql = "SELECT pg_sleep(0.02)", .kind = Kind::kScan};
    static constexpr Statement kWrong{
        .name = "traced.wrong", .sql = "SELECT 1 / $1::int", .kind = Kind::kScan};
    co_await pool.query(test.context, kPoint);
    co_await pool.query(test.context, kScan);
    try {
      co_await pool.query(test.context, kWrong, std::int32_t{0});
      ADD_FAILURE() << "no division by zero";
    } catch (const StatementError&) {
      test.context.statements = 0;  // expected
    }
    const auto spans = test.taken();
    EXPECT_EQ(spans.size(), 3u);
    EXPECT_EQ(spans.at(0).name, "traced.point");
    EXPECT_EQ(spans.at(0).rows, 3);
    EXPECT_FALSE(spans.at(0).failed);
    EXPECT_GE(spans.at(1).ended - spans.at(1).begun, 20ms);
    EXPECT_GT(spans.at(1).waited, 0ns) << "for a connection of its own";
    EXPECT_LT(spans.at(1).waited, spans.at(1).ended - spans.at(1).begun);
    EXPECT_TRUE(spans.at(2).failed);
  });
}

TEST_F(TracedPool, AWaitForAConnectionIsSeenInTheStatementThatWaited) {
  config.max_connections = 2;  // the shared one, and one to lease
  with_traced_pool(*this, [](TracedPool& test, Pool& pool) -> Task<void> {
    static constexpr Statement kScan{
        .name = "traced.waits", .sql = "SELECT 1", .kind = Kind::kScan};
    Context holder;
    auto held = co_await pool.begin(holder);
    co_await held.query(kScan);
    Scope scope(test.loop);
    scope.spawn([](TracedPool& traced, Pool& of) -> Task<void> {
      co_await of.query(traced.context, kScan);
    }(test, pool));
    co_await test.loop.sleep(20ms);  // at least so long it waits
    co_await held.rollback();
    co_await scope.join();
    const auto spans = test.taken();
    EXPECT_EQ(spans.size(), 1u);
    EXPECT_GE(spans.at(0).waited, 15ms);
  });
}

TEST_F(TracedPool, ATransactionIsItsConnectionItsStatementsAndItsCommit) {
  with_traced_pool(*this, [](TracedPool& test, Pool& pool) -> Task<void> {
    static constexpr Statement kFirst{
        .name = "traced.first", .sql = "SELECT generate_series(1, 2)", .kind = Kind::kWrite};
    static constexpr Statement kSecond{
        .name = "traced.second", .sql = "SELECT 1", .kind = Kind::kWrite};
    auto transaction = co_await pool.begin(test.context);
    co_await transaction.pipeline_and_commit(call(kFirst), call(kSecond));
    const auto spans = test.taken();
    std::vector<std::string_view> names;
    for (const auto& span : spans) names.push_back(span.name);
    EXPECT_EQ(names, (std::vector<std::string_view>{"connection", "traced.first", "traced.second",
                                                    "commit"}));
    EXPECT_EQ(spans.at(1).rows, 2);
    for (std::size_t i = 1; i + 1 < spans.size(); ++i) {
      EXPECT_EQ(spans[i].ended, spans[i + 1].begun) << "answers come in order";
      EXPECT_FALSE(spans[i].failed);
    }
  });
}

// ---- plans of slow statements

TEST_F(PoolTest, PlansOfSlowStatementsAreLoggedWhereTheRoleMayLoadTheModule) {
  config.explain_slow = 250ms;
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    EXPECT_EQ(co_await explained_above(pool, test.context), 250ms);
  });
}

TEST_F(PoolTest, WithoutTheRightThePoolWorksAndNothingIsExplained) {
  execute("DROP ROLE IF EXISTS explains_nothing");
  execute("CREATE ROLE explains_nothing LOGIN");
  config.conninfo += "&user=explains_nothing";
  config.explain_slow = 250ms;
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    EXPECT_EQ(co_await explained_above(pool, test.context), std::nullopt);
  });
  execute("DROP ROLE explains_nothing");
}

}  // namespace
}  // namespace souk::postgres
