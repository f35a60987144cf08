// Handlers that mostly wait, and jobs that are deferred.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/runner.h"
#include "postgres/test_pool.h"

namespace souk::jobs {
namespace {

using namespace std::chrono_literals;
using postgres::Pool;
using runtime::Context;
using runtime::Task;
using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

// Ends its jobs when `wanted` of them wait.
class Gathering final : public Handler {
 public:
  Gathering(runtime::Loop& loop, std::size_t wanted) : wanted_(wanted), all_there_(loop) {}

  Task<void> run(Context& context, const Job&) override {
    if (++waiting_ == wanted_) all_there_.set();
    if (!co_await all_there_.wait(context.remaining())) throw std::runtime_error("alone");
  }
  bool waits() const override { return true; }

 private:
  const std::size_t wanted_;
  std::size_t waiting_ = 0;
  runtime::Event all_there_;
};

// Postpones its first job twice.
class Reluctant final : public Handler {
 public:
  Task<void> run(Context&, const Job& job) override {
    attempts.push_back(job.attempt);
    if (job.payload == "1" && attempts.size() <= 2) throw Postponed("not now", 30ms);
    done.push_back(job.payload);
    co_return;
  }

  std::vector<int> attempts;
  std::vector<std::string> done;
};

class WaitingJobsTest : public postgres::PoolTest {
 public:
  // `last`, where there is one, has the last job.
  void run_all(Handler& handler, int count, bool one_aggregate, Handler* last = nullptr) {
    loop.run_until_done(postgres::run_with_pool(
        *this, [&handler, count, one_aggregate, last](WaitingJobsTest& test, Pool& pool) {
          return test.append_and_run(handler, pool, count, one_aggregate, last);
        }));
  }

 private:
  Task<void> append_and_run(Handler& handler, Pool& pool, int count, bool one_aggregate,
                            Handler* last) {
    std::vector<NewJob> jobs;
    const auto shared = ids_.next();
    for (int i = 1; i <= count; ++i) {
      jobs.push_back({.kind = "test",
                      .aggregate = one_aggregate ? shared : ids_.next(),
                      .payload = std::to_string(i)});
    }
    if (last != nullptr) {
      jobs.push_back({.kind = "last", .aggregate = ids_.next(), .payload = "0"});
    }
    auto transaction = co_await pool.begin(context);
    co_await transaction.pipeline_and_commit(store::append(jobs, ids_));
    Notifier notifier;
    Runner runner(loop,
                  {.concurrency = 1,
                   .lease = 120s,
                   .handler_timeout = 60s,
                   .poll_interval = 20ms,
                   .max_attempts = 2,
                   .min_backoff = 20ms},
                  config, {{"test", &handler}, {"last", last}}, notifier, {registry, log_});
    runtime::Scope scope(loop);
    scope.spawn(runner.run());
    co_await until("SELECT count(*) FROM outbox", "0");
    runner.stop();
    co_await scope.join();
  }

  SystemClock clock_;
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
  telemetry::Log log_{telemetry::LogLevel::kError, open("/dev/null", O_WRONLY), clock_, registry};
};

TEST_F(WaitingJobsTest, HandlersThatWaitRunBesideTheWorkers) {
  Gathering gathering(loop, 100);
  run_all(gathering, 100, false);
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
}

// More jobs of the first kind than may wait; they end when the last job, of another kind, is done.
class FullQueue final : public Handler {
 public:
  explicit FullQueue(runtime::Loop& loop) : quick(*this), over_(loop) {}
  Task<void> run(Context& context, const Job&) override {
    if (!co_await over_.wait(context.remaining())) ++in_vain;
  }
  bool waits() const override { return true; }
  int in_vain = 0;

  struct Quick final : Handler {
    explicit Quick(FullQueue& full) : queue(full) {}
    Task<void> run(Context&, const Job&) override {
      queue.over_.set();
      co_return;
    }
    FullQueue& queue;
  } quick;

 private:
  runtime::Event over_;
};

TEST_F(WaitingJobsTest, ManyWaitingJobsOfOneKindLeaveTheWorkersToOthers) {
  FullQueue queue(loop);
  run_all(queue, static_cast<int>(Runner::kMaxWaiting) + 100, false, &queue.quick);
  EXPECT_EQ(queue.in_vain, 0);
}

TEST_F(WaitingJobsTest, PostponedJobsKeepTheirOrderAndLoseNoAttempt) {
  Reluctant reluctant;
  run_all(reluctant, 3, true);
  EXPECT_THAT(reluctant.done, ElementsAre("1", "2", "3"));
  EXPECT_THAT(reluctant.attempts, SizeIs(5));
  EXPECT_THAT(reluctant.attempts, Each(1));
}

}  // namespace
}  // namespace souk::jobs
