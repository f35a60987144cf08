#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "jobs/periodic.h"
#include "jobs/runner.h"
#include "postgres/test_pool.h"
#include "runtime/test_until.h"

namespace souk::jobs {
namespace {

using postgres::Pool;
using runtime::Context;
using runtime::Scope;
using runtime::Task;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::string_view kKind = "test.done";

Uuid aggregate(int n) {
  Uuid id;
  id.bytes[0] = static_cast<std::uint8_t>(n);
  id.bytes[1] = static_cast<std::uint8_t>(n >> 8);
  return id;
}

NewJob job_of(int number, int of, std::string_view kind = kKind) {
  return {.kind = std::string(kind), .aggregate = aggregate(of), .payload = std::to_string(number)};
}

// Records what it ran. Payloads are numbers.
class Recorder final : public Handler {
 public:
  explicit Recorder(runtime::Loop& loop) : open(loop) { open.set(); }

  Task<void> run(Context& context, const Job& job) override {
    const auto number = std::stoi(job.payload);
    begun.push_back(number);
    attempts[number] = job.attempt;
    ids[number] = job.id;
    EXPECT_EQ(++running[job.aggregate], 1) << "two jobs of one aggregate at once";
    co_await open.wait(context.remaining());
    --running[job.aggregate];
    if (rejected.contains(number)) throw Rejected("not like this");
    const auto left = failures.find(number);
    if (left != failures.end() && left->second-- > 0) throw std::runtime_error("as told");
    done.push_back(number);
  }

  runtime::Event open;  // handlers wait for this
  std::vector<int> begun;
  std::vector<int> done;
  std::map<int, int> attempts;
  std::map<int, Uuid> ids;
  std::map<int, int> failures;  // remaining failures of a number
  std::set<int> rejected;

 private:
  std::map<Uuid, int> running;
};

class JobsTest : public postgres::PoolTest {
 public:
  template <class Body>
  void with_pool(Body body) {
    loop.run_until_done(postgres::run_with_pool(*this, body));
  }
  Task<void> append(Pool& pool, std::vector<NewJob> batch) {
    auto transaction = co_await pool.begin(context);
    co_await transaction.pipeline(store::append(batch, ids));
    co_await transaction.commit();
  }
  double metric(std::string_view series) {
    Buffer page;
    registry.render(page);
    const auto at = page.view().find("\n" + std::string(series) + " ");
    if (at == std::string_view::npos) return -1;
    return std::stod(std::string(page.view().substr(at + series.size() + 2, 20)));
  }
  Task<void> until_empty() { return until("SELECT count(*) FROM outbox", "0"); }

  // Claims all jobs as a claimer that then disappears.
  Task<std::vector<store::ClaimedJob>> claim_and_vanish(Pool& pool,
                                                        std::chrono::milliseconds lease) {
    const auto claimer = co_await store::enlist(pool, context, lease);
    const auto look = co_await store::look(pool, context, {}, {std::string(kKind)});
    std::vector<std::int64_t> positions;
    for (const auto& found : look.found) positions.push_back(found.position);
    co_return co_await store::claim(pool, context, claimer, positions);
  }

  SystemClock clock;
  SystemRandom random;
  UuidGenerator ids{clock, random};
  telemetry::Log log{telemetry::LogLevel::kError, open("/dev/null", O_WRONLY), clock, registry};
  JobsConfig jobs{.lease = 2s,
                  .handler_timeout = 1s,
                  .poll_interval = 20ms,
                  .max_attempts = 3,
                  .min_backoff = 20ms,
                  .drain_timeout = 1s};
};

struct Node {
  Node(JobsTest& test, Handlers handlers)
      : runner(test.loop, test.jobs, test.config, std::move(handlers), notifier,
               {test.registry, test.log}),
        scope(test.loop) {
    scope.spawn(runner.run());
  }
  Task<void> stop() {
    runner.stop();
    co_await scope.join();
  }
  Notifier notifier;
  Runner runner;
  Scope scope;
};

std::vector<int> numbers(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(i);
  return all;
}

Task<void> append_and_roll_back(JobsTest& test, Pool& pool) {
  const std::vector jobs = {job_of(1, 1)};
  {
    auto transaction = co_await pool.begin(test.context);
    co_await transaction.pipeline(store::append(jobs, test.ids));
    co_await transaction.rollback();
  }
  EXPECT_EQ(test.value("SELECT count(*) FROM outbox"), "0");
}
TEST_F(JobsTest, AppendingInATransactionThatIsRolledBackLeavesNothing) {
  with_pool(append_and_roll_back);
}

Task<void> share_between_two(JobsTest& test, Pool& pool) {
  Recorder recorder(test.loop);
  Node first(test, {{kKind, &recorder}});
  Node second(test, {{kKind, &recorder}});
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<NewJob> jobs;
    for (int i = 0; i < 50; ++i) jobs.push_back(job_of(batch * 50 + i, batch * 50 + i));
    co_await test.append(pool, std::move(jobs));
  }
  co_await test.until_empty();
  co_await first.stop();
  co_await second.stop();
  std::ranges::sort(recorder.done);
  EXPECT_EQ(recorder.done, numbers(1'000));
}
TEST_F(JobsTest, EveryJobIsRunByExactlyOneOfTwoNodes) { with_pool(share_between_two); }

// Ten aggregates of forty jobs each, appended in turn; every seventh job fails once.
Task<void> keep_order(JobsTest& test, Pool& pool) {
  Recorder recorder(test.loop);
  Node first(test, {{kKind, &recorder}});
  Node second(test, {{kKind, &recorder}});
  for (int step = 0; step < 40; ++step) {
    std::vector<NewJob> jobs;
    for (int of = 0; of < 10; ++of) {
      const int number = of * 100 + step;
      if (number % 7 == 0) recorder.failures[number] = 1;
      jobs.push_back(job_of(number, of));
    }
    co_await test.append(pool, std::move(jobs));
  }
  co_await test.until_empty();
  co_await first.stop();
  co_await second.stop();
  std::map<int, std::vector<int>> by_aggregate;
  for (const int number : recorder.done) by_aggregate[number / 100].push_back(number % 100);
  EXPECT_EQ(by_aggregate.size(), 10u);
  for (const auto& [of, order] : by_aggregate) EXPECT_EQ(order, numbers(40)) << of;
}
TEST_F(JobsTest, JobsOfAnAggregateAreDoneInOrderOnTwoNodesThoughSomeAreRetried) {
  with_pool(keep_order);
}

Task<void> wait_behind_a_retry(JobsTest& test, Pool& pool) {
  Recorder recorder(test.loop);
  recorder.failures[1] = 1;
  {
    Node node(test, {{kKind, &recorder}});
    co_await test.append(pool, {job_of(1, 1)});
    co_await test.until("SELECT count(*) FROM outbox WHERE last_error = 'as told'", "1");
    co_await test.append(pool, {job_of(2, 1), job_of(3, 2)});
    co_await test.until(
        "SELECT string_agg(payload::text, ' ' ORDER BY position) FROM outbox "
        "WHERE available_at > now() + interval '1 min'",
        "1 2");
    co_await test.until("SELECT count(*) FROM outbox", "2");
    EXPECT_THAT(recorder.done, ElementsAre(3));
    co_await node.stop();
  }
  test.execute("UPDATE outbox SET available_at = now()");
  Node node(test, {{kKind, &recorder}});
  co_await test.until_empty();
  co_await node.stop();
  EXPECT_THAT(recorder.done, ElementsAre(3, 1, 2));
}
TEST_F(JobsTest, AJobWaitsForTheRetryOfTheOneBeforeIt) {
  jobs.min_backoff = 1h;
  with_pool(wait_behind_a_retry);
}

Task<void> lose_a_node(JobsTest& test, Pool& pool) {
  co_await test.append(pool, {job_of(1, 1), job_of(2, 1), job_of(3, 2)});
  const auto claimed = co_await test.claim_and_vanish(pool, 300ms);
  EXPECT_EQ(claimed.size(), 3u);
  Recorder recorder(test.loop);
  Node node(test, {{kKind, &recorder}});
  co_await test.until_empty();
  co_await node.stop();
  EXPECT_EQ(recorder.attempts, (std::map<int, int>{{1, 2}, {2, 2}, {3, 2}}));
  EXPECT_EQ(recorder.ids[1], claimed.front().job.id);
}
TEST_F(JobsTest, TheJobsOfALostNodeAreRunAfterItsLease) {
  jobs.lease = 600ms;
  jobs.handler_timeout = 200ms;
  with_pool(lose_a_node);
}

Task<void> fail_to_leave(JobsTest& test, Pool&) {
  Recorder recorder(test.loop);
  Node node(test, {{kKind, &recorder}});
  co_await test.until("SELECT count(*) FROM job_claimers", "1");
  co_await node.stop();
  EXPECT_EQ(test.value("SELECT count(*) FROM job_claimers"), "1");
  EXPECT_EQ(test.metric("souk_jobs_exchange_failures_total{what=\"leave\"}"), 1);
  EXPECT_EQ(test.metric("souk_log_events_total{level=\"error\",event=\"jobs_exchange_failed\"}"),
            1);
}
TEST_F(JobsTest, ALeaseThatCannotBeGivenUpIsCountedAndTold) {
  execute(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE 'as told'; END $$");
  execute(
      "CREATE TRIGGER refuse BEFORE DELETE ON job_claimers FOR EACH ROW EXECUTE FUNCTION "
      "refuse()");
  with_pool(fail_to_leave);
}

Task<void> come_back_too_late(JobsTest& test, Pool& pool) {
  co_await test.append(pool, {job_of(1, 1)});
  const auto late = co_await store::enlist(pool, test.context, 1ms);
  const auto claimed = co_await store::claim(pool, test.context, late, {1});
  EXPECT_EQ(claimed.size(), 1u);
  std::vector<std::int64_t> expired;
  while ((expired = co_await store::expire_claimers(pool, test.context)).empty()) {
    co_await test.loop.sleep(1ms);
  }
  EXPECT_FALSE(co_await store::renew(pool, test.context, late, 1s));
  EXPECT_THAT(co_await store::claim(pool, test.context, late, {1}), IsEmpty());
  EXPECT_EQ(co_await store::expire_claimers(pool, test.context), expired)
      << "they stay expired until they are deleted";
  co_await store::release_page(pool, test.context, {.claimers = expired}, 0);
  co_await store::delete_expired_claimers(pool, test.context, expired);
  EXPECT_FALSE(co_await store::renew(pool, test.context, late, 1s));
  const auto other = co_await store::enlist(pool, test.context, 1h);
  EXPECT_EQ((co_await store::claim(pool, test.context, other, {1})).size(), 1u);
  co_await store::settle(pool, test.context, late, {.done = {{1}, {claimed.front().job.id}}});
  EXPECT_EQ(test.value("SELECT count(*) FROM outbox"), "1");
}
TEST_F(JobsTest, ANodeThatLostItsLeaseNeitherClaimsNorAcknowledges) {
  with_pool(come_back_too_late);
}

Task<void> give_up_and_replay(JobsTest& test, Pool& pool) {
  Recorder recorder(test.loop);
  recorder.failures[1] = 3;
  recorder.rejected = {3};
  Node node(test, {{kKind, &recorder}});
  co_await test.append(pool, {job_of(1, 1), job_of(2, 1), job_of(3, 2)});
  co_await test.until_empty();
  EXPECT_THAT(recorder.done, ElementsAre(2)) << "a dead letter blocks no job";
  EXPECT_EQ(recorder.attempts[1], 3);
  EXPECT_EQ(recorder.attempts[3], 1) << "what was rejected is not tried again";

  const auto dead = co_await store::dead_letters(pool, test.context, std::string(kKind));
  EXPECT_EQ(dead.size(), 2u);
  EXPECT_EQ(dead.front().last_error, "as told");
  EXPECT_EQ(dead.back().last_error, "not like this");
  EXPECT_EQ(dead.front().job.payload, "1");
  EXPECT_EQ(co_await store::replay(pool, test.context, {.id = dead.front().job.id}), 1);
  co_await test.until_empty();
  co_await node.stop();
  EXPECT_THAT(recorder.done, ElementsAre(2, 1));
  EXPECT_EQ(recorder.ids[1], dead.front().job.id);
  EXPECT_EQ(test.value("SELECT count(*) FROM dead_letters"), "1");
  EXPECT_TRUE(co_await store::drop(pool, test.context, dead.back().job.id));
  EXPECT_FALSE(co_await store::drop(pool, test.context, dead.back().job.id));
}
TEST_F(JobsTest, WhatKeepsFailingBecomesADeadLetterThatCanBeReplayedOrDropped) {
  with_pool(give_up_and_replay);
}

// Transactions commit in another order than they got their ids and positions.
Task<void> commit_late(JobsTest& test, Pool& pool) {
  Recorder recorder(test.loop);
  Node node(test, {{kKind, &recorder}});
  const std::vector early = {job_of(1, 1)};
  auto slow = co_await pool.begin(test.context);
  co_await slow.pipeline(store::append(early, test.ids));
  for (int i = 2; i < 10; ++i) co_await test.append(pool, {job_of(i, i)});
  co_await test.until_empty();
  EXPECT_EQ(recorder.done.size(), 8u) << "an open transaction delays no other job";
  co_await slow.commit();
  co_await test.until_empty();
  co_await node.stop();
  EXPECT_EQ(recorder.done.size(), 9u);
  EXPECT_EQ(recorder.done.back(), 1);
}
TEST_F(JobsTest, AJobThatIsCommittedLongAfterLaterOnesIsFound) { with_pool(commit_late); }

Task<void> work_off_a_backlog(JobsTest& test, Pool& pool) {
  std::vector<NewJob> jobs;
  for (int i = 0; i < 1'500; ++i) jobs.push_back(job_of(i, i));
  co_await test.append(pool, std::move(jobs));
  Recorder recorder(test.loop);
  Node node(test, {{kKind, &recorder}});
  co_await test.until_empty();
  co_await node.stop();
  std::ranges::sort(recorder.done);
  EXPECT_EQ(recorder.done, numbers(1'500));
  Buffer metrics;
  test.registry.render(metrics);
  EXPECT_THAT(std::string(metrics.view()),
              testing::Not(testing::HasSubstr("souk_jobs_channel_waits_total 0")));
}
TEST_F(JobsTest, ALargeTransactionIsWorkedOffThroughASmallChannel) {
  jobs.channel_capacity = 3;
  jobs.concurrency = 2;
  with_pool(work_off_a_backlog);
}

Task<void> stop_in_the_middle(JobsTest& test, Pool& pool) {
  Recorder recorder(test.loop);
  recorder.open.reset();
  Node node(test, {{kKind, &recorder}});
  std::vector<NewJob> jobs;
  for (int i = 0; i < 10; ++i) jobs.push_back(job_of(i, i));
  co_await test.append(pool, std::move(jobs));
  co_await runtime::until(test.loop, [&] { return recorder.begun.size() >= 2; });
  node.runner.stop();
  recorder.open.set();
  co_await node.stop();
  EXPECT_EQ(recorder.done.size(), 2u) << "what runs is finished";
  EXPECT_EQ(test.value("SELECT count(*) FROM outbox WHERE claimed_by IS NULL AND attempt = 0"),
            "8");
  EXPECT_EQ(test.value("SELECT count(*) FROM job_claimers"), "0");
  Node next(test, {{kKind, &recorder}});
  co_await test.until_empty();
  co_await next.stop();
}
TEST_F(JobsTest, StoppingFinishesWhatRunsAndHandsTheRestBack) {
  jobs.concurrency = 2;
  with_pool(stop_in_the_middle);
}

Task<void> leave_unknown_kinds(JobsTest& test, Pool& pool) {
  Recorder recorder(test.loop);
  Node node(test, {{kKind, &recorder}});
  co_await test.append(pool, {job_of(1, 1, "test.other"), job_of(2, 1), job_of(3, 3)});
  co_await test.until("SELECT count(*) FROM outbox", "2");
  EXPECT_THAT(recorder.done, ElementsAre(3));
  Node knowing(test, {{kKind, &recorder}, {"test.other", &recorder}});
  co_await test.until_empty();
  co_await node.stop();
  co_await knowing.stop();
  EXPECT_THAT(recorder.done, ElementsAre(3, 1, 2));
}
TEST_F(JobsTest, AKindWithoutAHandlerIsLeftToANodeThatHasOne) { with_pool(leave_unknown_kinds); }

// The notified node has no handler: the other one learns of the job by NOTIFY.
Task<void> notify_one(JobsTest& test, Pool& pool) {
  Recorder recorder(test.loop);
  Node notified(test, {});
  Node other(test, {{kKind, &recorder}});
  co_await test.until("SELECT count(*) FROM job_claimers", "2");
  co_await test.until(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
      "AND query = 'LISTEN souk_jobs' AND state = 'idle'",
      "2");
  for (int i = 0; i < 3; ++i) {
    co_await test.append(pool, {job_of(i, i)});
    notified.notifier.notify();
    co_await test.until_empty();
  }
  co_await notified.stop();
  co_await other.stop();
}
TEST_F(JobsTest, ANotificationOnOneNodeWakesAllOthers) {
  jobs.poll_interval = 1h;
  jobs.lease = 2min;  // a job handed back without a lease waits for the next poll
  with_pool(notify_one);
}

// With a plan for an empty table, or with statistics taken when all jobs were done, each claimed
// job once read the outbox from its beginning: 256 jobs took a second.
void expect_promised_plans(postgres::BlockingConnection& connection) {
  int promising = 0;
  for (const auto* statement : store::statements()) {
    if (statement->index.empty() || !statement->sql.contains("outbox")) continue;
    ++promising;
    auto executed = connection.execute(fmt::format("PREPARE s AS {}", statement->sql));
    EXPECT_TRUE(executed) << executed.error().detail;
    const auto values = connection.run(
        "SELECT '(' || string_agg('NULL', ', ') || ')' "
        "FROM pg_prepared_statements, unnest(parameter_types)");
    const auto rows = connection.run(fmt::format("EXPLAIN EXECUTE s {}", values->text(0, 0)));
    ASSERT_TRUE(rows) << statement->name << ": " << rows.error().detail;
    std::string plan;
    for (int i = 0; i < rows->size(); ++i) plan += std::string(rows->text(i, 0)) + "\n";
    EXPECT_THAT(plan, testing::HasSubstr(fmt::format(" using {} on outbox", statement->index)));
    EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Seq Scan on outbox")));
    EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Sort")));
    EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Bitmap")));
    if (statement->name == "jobs.claim") {
      EXPECT_THAT(plan, testing::HasSubstr("Index Cond: (aggregate_id = free_1.aggregate_id)"));
    }
    if (statement->name == "jobs.untold_first_events") {
      EXPECT_THAT(plan, testing::HasSubstr(" using outbox_first_events on outbox"));
    }
    if (statement->name == "jobs.finish") {
      EXPECT_THAT(plan, testing::HasSubstr("hashed SubPlan"));
    }
    EXPECT_TRUE(connection.execute("DEALLOCATE s"));
  }
  EXPECT_GE(promising, 8);
}

TEST_F(JobsTest, PlansDoNotDependOnHowLongTheOutboxIsOrWas) {
  auto connection = database.connect();
  for (const auto name : store::kTurnedOff) {
    EXPECT_TRUE(connection.execute(fmt::format("SET {} = off", name)));
  }
  EXPECT_TRUE(connection.execute("SET plan_cache_mode = force_generic_plan"));
  expect_promised_plans(connection);
  const std::string fill =
      "INSERT INTO outbox (id, kind, aggregate_id, payload) "
      "SELECT gen_random_uuid(), 'k', gen_random_uuid(), '{}' FROM generate_series(1, 20000)";
  // As after a busy hour: no rows, but many pages.
  execute(fill);
  execute("DELETE FROM outbox");
  execute("VACUUM (ANALYZE, TRUNCATE false) outbox");
  EXPECT_EQ(value("SELECT reltuples FROM pg_class WHERE oid = 'outbox'::regclass"), "0");
  expect_promised_plans(connection);
  execute(fill);
  execute("ANALYZE outbox");
  expect_promised_plans(connection);
  auto reader = database.connect();
  EXPECT_TRUE(reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM outbox"));
  execute("DELETE FROM outbox");
  execute("VACUUM ANALYZE outbox");
  expect_promised_plans(connection);
}

class Counting final : public PeriodicJob {
 public:
  explicit Counting(runtime::Loop& loop) : open(loop) { open.set(); }
  Task<void> run(Context& context) override {
    ++runs;
    co_await open.wait(context.remaining());
  }
  int runs = 0;
  runtime::Event open;
};

Task<void> run_periodically(JobsTest& test, Pool& pool) {
  Counting job(test.loop);
  job.open.reset();
  const std::vector<Periodic> declared = {{"test.tick", 1h, &job}};
  PeriodicRunner first(test.loop, pool, declared, test.registry, test.log);
  PeriodicRunner second(test.loop, pool, declared, test.registry, test.log);
  Scope scope(test.loop);
  scope.spawn(first.run());
  scope.spawn(second.run());
  co_await test.until("SELECT count(*) FROM periodic_jobs", "1");
  EXPECT_EQ(job.runs, 0);
  const std::string make_due = "UPDATE periodic_jobs SET next_at = now()";
  test.execute(make_due);
  co_await test.until("SELECT run FROM periodic_jobs", "1");
  test.execute(make_due);  // due again while it runs
  EXPECT_THAT(co_await store::begin_due(pool, test.context, {"test.tick"}, 1h), IsEmpty());
  job.open.set();
  co_await test.until("SELECT run FROM periodic_jobs WHERE finished_at IS NOT NULL", "2");
  co_await test.until("SELECT count(*) FROM periodic_jobs WHERE leased_until IS NULL", "1");
  first.stop();
  second.stop();
  co_await scope.join();
  EXPECT_EQ(job.runs, 2);
  EXPECT_EQ(test.value("SELECT next_at BETWEEN now() + interval '59 min' "
                       "AND now() + interval '67 min' FROM periodic_jobs"),
            "t");
}
TEST_F(JobsTest, APeriodicJobRunsOnceOfTwoNodesAndNeverBesideItself) {
  with_pool(run_periodically);
}

// The database's clock was a month ahead and was set back: times written before that must not delay
// anything.
Task<void> put_the_clock_back(JobsTest& test, Pool& pool) {
  co_await store::declare(pool, test.context, {"test.tick"}, {1'000});
  test.execute(
      "UPDATE periodic_jobs SET next_at = now() + interval '30 days', "
      "leased_until = now() + interval '30 days'");
  EXPECT_EQ((co_await store::begin_due(pool, test.context, {"test.tick"}, 1s)).size(), 1u);
  EXPECT_THAT(co_await store::begin_due(pool, test.context, {"test.tick"}, 1s), IsEmpty());

  const auto lost = co_await store::enlist(pool, test.context, 1h);
  EXPECT_THAT(co_await store::expire_claimers(pool, test.context), IsEmpty());
  test.execute("UPDATE job_claimers SET leased_until = now() + interval '30 days'");
  EXPECT_THAT(co_await store::expire_claimers(pool, test.context), ElementsAre(lost.number));

  co_await test.append(pool, {job_of(1, 1)});
  test.execute("UPDATE outbox SET available_at = now()");
  const auto due = co_await store::due(pool, test.context, test.clock.now() + std::chrono::days(30),
                                       {std::string(kKind)});
  EXPECT_EQ(due.positions.size(), 1u);
}
TEST_F(JobsTest, TimesWrittenBeforeTheClockWasSetBackDelayNothing) {
  with_pool(put_the_clock_back);
}

}  // namespace
}  // namespace souk::jobs
