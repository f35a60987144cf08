#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/shop/database_watch.h"
#include "postgres/test_pool.h"

namespace souk::app {
namespace {

using testing::HasSubstr;

class DatabaseWatchTest : public postgres::PoolTest {
 public:
  ~DatabaseWatchTest() override { ::close(fd_); }

  std::string logged() {
    log_.flush();
    std::string text(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
  }
  runtime::Task<void> until_logged(std::string text) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (!logged().contains(text) && std::chrono::steady_clock::now() < give_up) {
      co_await loop.sleep(std::chrono::milliseconds(5));
    }
    EXPECT_THAT(logged(), HasSubstr(text));
  }

  // Whether it shows the time of the database, which runs on this machine.
  bool is_right(const Clock& clock) const {
    return std::chrono::abs(clock.now() - clock_.now()) < std::chrono::minutes(1);
  }

  SystemClock clock_;
  ManualClock years_behind_{Timestamp{}};
  FollowedClock followed_{years_behind_};
  int fd_ = ::memfd_create("log", MFD_CLOEXEC);
  telemetry::Log log_{telemetry::LogLevel::kInfo, fd_, clock_, registry};
  DatabaseWatch watch_{/*read_only=*/false, followed_, registry, log_};
  runtime::Event stopping_{loop};
  runtime::Event usable_{loop};
};

// The initial state was "down", so the first failure was not reported as a change.
TEST_F(DatabaseWatchTest, TellsWhyItCannotLookFromTheFirstTimeOnAndWheneverTheReasonChanges) {
  execute("ALTER TABLE schema_migrations RENAME COLUMN number TO other");
  loop.run_until_done(postgres::run_with_pool(
      *this, [](DatabaseWatchTest& test, postgres::Pool& pool) -> runtime::Task<void> {
        runtime::Scope scope(test.loop);
        scope.spawn(test.watch_.run(pool, test.stopping_, test.usable_));
        co_await test.until_logged(R"(column \"number\" does not exist)");
        test.execute("ALTER TABLE schema_migrations RENAME COLUMN name TO another");
        co_await test.until_logged(R"(column \"name\" does not exist)");
        test.stopping_.set();
        co_await scope.join();
      }));
}

// It followed no clock: the expiry of sessions depended on the node's own clock.
TEST_F(DatabaseWatchTest, ANodeThatOnlyReadsFollowsTheDatabasesClock) {
  config.read_only = true;
  ASSERT_FALSE(is_right(followed_));
  loop.run_until_done(postgres::run_with_pool(
      *this, [](DatabaseWatchTest& test, postgres::Pool& pool) -> runtime::Task<void> {
        DatabaseWatch watch(/*read_only=*/true, test.followed_, test.registry, test.log_);
        runtime::Scope scope(test.loop);
        scope.spawn(watch.run(pool, test.stopping_, test.usable_));
        co_await test.until_logged("database_clock_leapt");
        test.stopping_.set();
        co_await scope.join();
      }));
  EXPECT_TRUE(is_right(followed_));
}

}  // namespace
}  // namespace souk::app
