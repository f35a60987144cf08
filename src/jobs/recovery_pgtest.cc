// How a node recovers after other nodes, or the server, were lost.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/runner.h"
#include "postgres/test_pool.h"
#include "runtime/test_until.h"

namespace souk::jobs {
namespace {

using namespace std::chrono_literals;
using postgres::Pool;
using runtime::Context;
using runtime::Task;
using testing::ElementsAre;

class Recorder final : public Handler {
 public:
  explicit Recorder(runtime::Loop& loop) : open(loop) { open.set(); }
  Task<void> run(Context& context, const Job& job) override {
    begun.push_back(job.payload);
    co_await open.wait(context.remaining());
    done.push_back(job.payload);
  }
  runtime::Event open;  // handlers wait for this
  std::vector<std::string> begun;
  std::vector<std::string> done;
};

class JobsRecoveryTest : public postgres::PoolTest {
 public:
  template <class Body>
  void with_node(Body body) {
    loop.run_until_done(run_node(body));
  }
  void insert(int number, const std::string& claimed_by) {
    execute(
        fmt::format("INSERT INTO outbox (id, kind, aggregate_id, payload, claimed_by) "
                    "VALUES (gen_random_uuid(), 'test', gen_random_uuid(), '{}', {})",
                    number, claimed_by));
  }
  Task<void> until_listening() { return until(kListeners, "1"); }
  // A node starts over at its first connection: that has happened, and nothing is recorded.
  Task<void> until_settled() {
    co_await until_listening();
    for (int round = 0; round < 2; ++round) {
      insert(0, "NULL");
      co_await until_empty();
    }
    recorder.begun.clear();
    recorder.done.clear();
  }
  // Loses only the node's LISTEN connection.
  Task<void> lose_listener() {
    co_await until_listening();
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query = 'LISTEN souk_jobs'");
    co_await until_listening();
  }
  Task<void> until_empty() { return until("SELECT count(*) FROM outbox", "0"); }

  Recorder recorder{loop};

 private:
  static constexpr auto kListeners =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
      "AND query = 'LISTEN souk_jobs' AND state = 'idle'";

  template <class Body>
  Task<void> run_node(Body body) {
    Notifier notifier;
    Runner runner(loop, {.lease = 4s, .handler_timeout = 2s, .poll_interval = 20ms}, config,
                  {{"test", &recorder}}, notifier, {registry, log_});
    runtime::Scope scope(loop);
    scope.spawn(runner.run());
    co_await until("SELECT count(*) FROM job_claimers", "1");
    co_await body(*this);
    runner.stop();
    co_await scope.join();
  }

  SystemClock clock_;
  telemetry::Log log_{telemetry::LogLevel::kError, open("/dev/null", O_WRONLY), clock_, registry};
};

constexpr auto kOwn = "(SELECT id FROM job_claimers)";

// The state after a server crash that undid an acknowledgement, unnoticed by a node that had no
// statement running.
Task<void> bring_back(JobsRecoveryTest& test) {
  co_await test.until_settled();
  test.insert(1, kOwn);
  test.insert(2, "NULL");
  co_await test.until("SELECT count(*) FROM outbox", "1");
  EXPECT_THAT(test.recorder.done, ElementsAre("2"));
  co_await test.lose_listener();
  co_await test.until_empty();
  EXPECT_THAT(test.recorder.done, ElementsAre("2", "1"));
}
TEST_F(JobsRecoveryTest, WhatACrashBringsBackIsRunOnceTheListenerIsBack) { with_node(bring_back); }

Task<void> keep_what_runs(JobsRecoveryTest& test) {
  co_await test.until_settled();
  test.recorder.open.reset();
  test.insert(1, "NULL");
  co_await runtime::until(test.loop, [&] { return !test.recorder.begun.empty(); });
  test.insert(2, kOwn);
  co_await test.lose_listener();
  co_await test.until("SELECT count(*) FROM outbox WHERE attempt = 1", "2");
  co_await runtime::until(test.loop,
                          [&] { return test.recorder.begun.size() >= 2; });  // claimed before begun
  EXPECT_THAT(test.recorder.begun, ElementsAre("1", "2"));
  test.recorder.open.set();
  co_await test.until_empty();
  EXPECT_THAT(test.recorder.done, ElementsAre("1", "2"));
}
TEST_F(JobsRecoveryTest, WhatTheNodeHoldsIsNotTakenFromItThen) { with_node(keep_what_runs); }

// As after a restore: positions are reused, here while their old jobs are running.
void exchange_rows(JobsRecoveryTest& test) {
  test.execute(
      "UPDATE outbox SET id = gen_random_uuid(), aggregate_id = gen_random_uuid(), "
      "payload = (10 * payload::text::int)::text::json");
}
Task<void> finish_an_exchanged_job(JobsRecoveryTest& test) {
  co_await test.until_settled();
  test.recorder.open.reset();
  test.insert(1, "NULL");
  co_await runtime::until(test.loop, [&] { return !test.recorder.begun.empty(); });
  exchange_rows(test);
  test.recorder.open.set();
  co_await runtime::until(test.loop, [&] { return !test.recorder.done.empty(); });
  test.insert(2, "NULL");  // acknowledged after the first
  co_await test.until("SELECT count(*) FROM outbox WHERE payload::text = '2'", "0");
  EXPECT_EQ(test.value("SELECT string_agg(payload::text, ' ') FROM outbox"), "10");
  co_await test.lose_listener();
  co_await test.until_empty();
  EXPECT_THAT(test.recorder.done, ElementsAre("1", "2", "10"));
}
TEST_F(JobsRecoveryTest, TheEndOfAJobDoesNotAcknowledgeAnotherThatHasGotItsPosition) {
  with_node(finish_an_exchanged_job);
}

Task<void> run_beside_an_exchanged_job(JobsRecoveryTest& test) {
  co_await test.until_settled();
  test.recorder.open.reset();
  test.insert(1, "NULL");
  co_await runtime::until(test.loop, [&] { return !test.recorder.begun.empty(); });
  exchange_rows(test);
  co_await test.lose_listener();
  co_await test.until("SELECT count(*) FROM outbox WHERE attempt = 2", "1");
  test.recorder.open.set();
  co_await test.until_empty();
  EXPECT_THAT(test.recorder.done, ElementsAre("1", "10"));
}
TEST_F(JobsRecoveryTest, AJobThatHasGotThePositionOfOneThatRunsIsNotTakenForIt) {
  with_node(run_beside_an_exchanged_job);
}

TEST_F(JobsRecoveryTest, WhatBecameOfAJobIsNotWrittenToAnotherAtItsPosition) {
  loop.run_until_done(
      postgres::run_with_pool(*this, [](JobsRecoveryTest& test, Pool& pool) -> Task<void> {
        const auto claimer = co_await store::enlist(pool, test.context, 1h);
        test.insert(1, kOwn);
        const auto settle = [&](store::Settlement settlement) {
          return store::settle(pool, test.context, claimer, settlement);
        };
        const auto own = *Uuid::parse(test.value("SELECT id FROM outbox"));
        const auto left = "SELECT count(claimed_by) || ' ' || count(*) FROM outbox";
        co_await settle({.done = {{1}, {Uuid{}}}});
        co_await settle({.deferred = {{1}, {Uuid{}}, {0}, {1}, {""}}});
        co_await settle({.dead = {{1}, {Uuid{}}, {"no"}}});
        EXPECT_EQ(test.value(left), "1 1");
        EXPECT_EQ(test.value("SELECT count(*) FROM dead_letters"), "0");
        co_await settle({.deferred = {{1}, {own}, {0}, {1}, {""}}});
        EXPECT_EQ(test.value(left), "0 1");
        test.execute("UPDATE outbox SET claimed_by = 1");
        co_await settle({.dead = {{1}, {own}, {"no"}}});
        EXPECT_EQ(test.value("SELECT count(*) FROM dead_letters"), "1");
      }));
}

Task<void> give_a_number_twice(JobsRecoveryTest& test, Pool& pool) {
  const auto first = co_await store::enlist(pool, test.context, 1h);
  test.execute("DELETE FROM job_claimers");
  test.execute("ALTER SEQUENCE job_claimer_ids RESTART");
  const auto second = co_await store::enlist(pool, test.context, 1h);
  EXPECT_EQ(first.number, second.number);
  test.insert(1, "NULL");
  EXPECT_FALSE(co_await store::renew(pool, test.context, first, 1h));
  EXPECT_FALSE(co_await store::await_claims(pool, test.context, first));
  EXPECT_THAT(co_await store::claim(pool, test.context, first, {1}), testing::IsEmpty());
  const auto claimed = co_await store::claim(pool, test.context, second, {1});
  const auto id = claimed.at(0).job.id;
  co_await store::settle(pool, test.context, first, {.done = {{1}, {id}}});
  co_await store::settle(pool, test.context, first, {.deferred = {{1}, {id}, {0}, {1}, {""}}});
  co_await store::settle(pool, test.context, first, {.dead = {{1}, {id}, {"no"}}});
  EXPECT_EQ(test.value("SELECT count(claimed_by) FROM outbox"), "1");
  co_await store::leave(pool, test.context, first);
  EXPECT_TRUE(co_await store::renew(pool, test.context, second, 1h));
  EXPECT_TRUE(co_await store::await_claims(pool, test.context, second));
  co_await store::settle(pool, test.context, second, {.done = {{1}, {id}}});
  EXPECT_EQ(test.value("SELECT count(*) FROM outbox"), "0");
}
TEST_F(JobsRecoveryTest, OfTwoThatWereGivenOneNumberOnlyTheNodeThatIsEnlistedSpeaksAsIt) {
  loop.run_until_done(postgres::run_with_pool(*this, give_a_number_twice));
}

TEST_F(JobsRecoveryTest, ANodeWhoseNumberBelongsToAnotherEnlistsAnew) {
  with_node([](JobsRecoveryTest& test) -> Task<void> {
    test.execute("UPDATE job_claimers SET node = gen_random_uuid()");
    co_await test.until("SELECT count(*) FROM job_claimers", "2");
    test.insert(1, "NULL");
    co_await test.until_empty();
  });
  EXPECT_EQ(value("SELECT count(*) FROM job_claimers"), "1") << "the other node's row is kept";
}

TEST_F(JobsRecoveryTest, JobsOfClaimersThatAreNotThereAnyMoreAreRun) {
  insert(1, "0");
  with_node([](JobsRecoveryTest& test) { return test.until_empty(); });
}

// As pg_restore leaves them, from a cluster with higher transaction ids: no window would reach
// them, and later jobs of their aggregates would wait for them.
Task<void> run_restored(JobsRecoveryTest& test) {
  test.execute(
      "INSERT INTO outbox (id, kind, aggregate_id, payload) "
      "VALUES (gen_random_uuid(), 'test', '00000000-0000-0000-0000-000000000001', '4')");
  co_await test.until_empty();
  EXPECT_THAT(test.recorder.done, ElementsAre("1", "2", "3", "4"));
}
TEST_F(JobsRecoveryTest, JobsOfTransactionsThatAreStillToComeAreRunInTheirOrder) {
  for (int number = 1; number <= 3; ++number) insert(number, "NULL");
  execute("UPDATE outbox SET aggregate_id = '00000000-0000-0000-0000-000000000001'");
  execute("UPDATE outbox SET xid = (99999999999 - position)::text::xid8 WHERE payload::text < '3'");
  with_node(run_restored);
}

// As after a restore in place: the node has read past the transaction ids of these rows.
Task<void> exchange_outbox(JobsRecoveryTest& test) {
  co_await test.until_settled();
  // On a busy machine the node may start over by itself in between and find the old row: then
  // repeat.
  std::string left = "0";
  for (int tries = 0; left == "0" && tries < 10; ++tries) {
    test.recorder.done.clear();
    test.execute(
        "INSERT INTO outbox (id, kind, aggregate_id, payload, xid) "
        "VALUES (gen_random_uuid(), 'test', gen_random_uuid(), '2', '3')");
    test.insert(3, "NULL");
    co_await test.until("SELECT count(*) FROM outbox WHERE payload::text = '3'", "0");
    left = test.value("SELECT count(*) FROM outbox");
  }
  EXPECT_EQ(left, "1");
  test.execute("VACUUM FULL outbox");  // gives it a new file, as a recreated table has
  co_await test.until_empty();
  EXPECT_THAT(test.recorder.done, ElementsAre("3", "2"));
}
TEST_F(JobsRecoveryTest, AnOutboxThatWasMadeAnewIsReadFromItsBeginning) {
  with_node(exchange_outbox);
}

TEST_F(JobsRecoveryTest, AnAcknowledgementThatIsRefusedHoldsUpNoOther) {
  execute(
      "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE 'it stays'; END $$");
  execute(
      "CREATE TRIGGER keep BEFORE DELETE ON outbox FOR EACH ROW WHEN (OLD.payload::text = '2') "
      "EXECUTE FUNCTION keep()");
  with_node([](JobsRecoveryTest& test) -> Task<void> {
    test.execute(
        "INSERT INTO outbox (id, kind, aggregate_id, payload) SELECT gen_random_uuid(), 'test', "
        "gen_random_uuid(), n::text::json FROM generate_series(1, 3) n");
    co_await test.until("SELECT string_agg(payload::text, ' ') FROM outbox", "2");
    test.execute("DROP TRIGGER keep ON outbox");
    co_await test.until_empty();
  });
}

TEST_F(JobsRecoveryTest, ALongOutboxIsFreedPageByPage) {
  execute(
      "INSERT INTO outbox (id, kind, aggregate_id, payload, claimed_by) SELECT gen_random_uuid(), "
      "'test', gen_random_uuid(), '1', 1 + n % 2 FROM generate_series(1, 10002) n");
  loop.run_until_done(
      postgres::run_with_pool(*this, [](JobsRecoveryTest& test, Pool& pool) -> Task<void> {
        const auto second = test.value("SELECT id FROM outbox WHERE position = 2");
        const store::ReleaseFilter filter{.claimers = {1}, .except = {*Uuid::parse(second)}};
        const auto page = co_await store::release_page(pool, test.context, filter, 0);
        EXPECT_EQ(page, 10'000);
        EXPECT_EQ(test.value("SELECT count(*) FROM outbox WHERE claimed_by IS NULL"), "4999");
        EXPECT_EQ(co_await store::release_page(pool, test.context, filter, *page), std::nullopt)
            << "rows appended meanwhile are not read";
        EXPECT_EQ(test.value("SELECT count(*) FROM outbox WHERE claimed_by IS NULL"), "5000");
      }));
}

}  // namespace
}  // namespace souk::jobs
