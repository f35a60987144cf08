#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <set>

#include "postgres/listener.h"
#include "postgres/pool.h"
#include "postgres/test_pool.h"
#include "postgres/test_server.h"
#include "runtime/test_until.h"

namespace souk::postgres {
namespace {

using namespace std::chrono_literals;
using runtime::Context;
using runtime::Scope;
using runtime::Task;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using Kind = Statement::Kind;

constexpr Statement kEcho{.name = "echo", .sql = "SELECT $1::bigint", .kind = Kind::kPoint};
constexpr Statement kScan{.name = "scan", .sql = "SELECT $1::bigint", .kind = Kind::kScan};
constexpr Statement kInsert{
    .name = "insert", .sql = "INSERT INTO t VALUES ($1)", .kind = Kind::kWrite};

std::size_t open_files() {
  return static_cast<std::size_t>(std::distance(
      std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

class RecoveryTest : public testing::Test {
 public:
  TestServer server;
  runtime::Loop loop;
  telemetry::Registry registry;
  PoolConfig config{.conninfo = server.conninfo()};

  std::string value(const std::string& sql) {
    auto connection = BlockingConnection::open(server.conninfo(), "souk test");
    if (!connection) throw std::runtime_error(connection.error().detail);
    const auto rows = connection->run(sql);
    if (!rows) throw std::runtime_error(rows.error().detail);
    return rows->size() == 0 ? "" : std::string(rows->text(0, 0));
  }
  int connect_failures() {
    Buffer page;
    registry.render(page);
    constexpr std::string_view kSeries = "\nsouk_db_connect_failures_total ";
    return std::stoi(std::string(page.view().substr(page.view().find(kSeries) + kSeries.size())));
  }
};

// A client's view: its last refusal, and the acknowledged writes.
struct Load {
  bool done = false;
  int reads = 0;
  int failures = 0;
  int next = 0;
  Clock::time_point last_failure{};
  std::set<std::int32_t> acknowledged;
  std::set<std::int32_t> unknown;

  void fail() {
    ++failures;
    last_failure = Clock::now();
  }
};

Task<void> read_on(RecoveryTest& test, Pool& pool, Load& load, const Statement& statement) {
  Context context;
  while (!load.done) {
    try {
      const auto rows = co_await pool.query(context, statement, std::int64_t{3});
      EXPECT_EQ(rows.one<std::int64_t>(), 3);
      ++load.reads;
    } catch (const Unavailable&) {
      load.fail();
    }
    co_await test.loop.sleep(1ms);
  }
}

Task<void> write_on(RecoveryTest& test, Pool& pool, Load& load, bool in_transaction) {
  Context context;
  while (!load.done) {
    const auto number = load.next++;
    try {
      if (in_transaction) {
        auto transaction = co_await pool.begin(context);
        co_await transaction.query_and_commit(kInsert, number);
      } else {
        co_await pool.query(context, kInsert, number);
      }
      load.acknowledged.insert(number);
    } catch (const Unavailable&) {
      load.fail();
    } catch (const OutcomeUnknown&) {
      load.unknown.insert(number);
      load.fail();
    }
    co_await test.loop.sleep(1ms);
  }
}

Task<void> restart_under_load(RecoveryTest& test, int signal) {
  Pool pool(test.loop, test.registry, test.config);
  co_await pool.start();
  Load load;
  Scope scope(test.loop);
  for (int i = 0; i < 4; ++i) {
    scope.spawn(read_on(test, pool, load, kEcho));
    scope.spawn(read_on(test, pool, load, kScan));
    scope.spawn(write_on(test, pool, load, i % 2 == 0));
  }
  for (int round = 0; round < 3; ++round) {
    const int before = load.reads;
    co_await runtime::until(test.loop, [&] { return load.reads >= before + 100; });
    test.server.stop(signal);
    const int failures = load.failures;
    co_await runtime::until(test.loop, [&] { return load.failures >= failures + 20; });
    EXPECT_FALSE(pool.reachable());
    test.server.start();
    const auto back = Clock::now();
    while (!pool.reachable() || load.last_failure > Clock::now() - 100ms) {
      co_await test.loop.sleep(1ms);
    }
    EXPECT_LT(load.last_failure - back, 1s);
  }
  load.done = true;
  co_await scope.join();
  co_await pool.close();

  auto rows = BlockingConnection::open(test.server.conninfo(), "souk test")
                  ->run("SELECT n, count(*) FROM t GROUP BY n");
  std::set<std::int32_t> stored;
  for (int row = 0; row < rows->size(); ++row) {
    stored.insert(std::stoi(std::string(rows->text(row, 0))));
    EXPECT_EQ(rows->text(row, 1), "1") << "written twice: " << rows->text(row, 0);
  }
  for (const auto number : load.acknowledged) EXPECT_TRUE(stored.contains(number)) << number;
  for (const auto number : stored) {
    EXPECT_TRUE(load.acknowledged.contains(number) || load.unknown.contains(number)) << number;
  }
  EXPECT_GT(load.acknowledged.size(), 0u);
}

constexpr auto kBackends = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'souk'";

TEST_F(RecoveryTest, AFastRestartCostsErrorsOnlyWhileItLastsAndLosesNoWrite) {
  value("CREATE TABLE t (n integer)");
  const auto files = open_files();
  loop.run_until_done(restart_under_load(*this, SIGINT));
  EXPECT_EQ(open_files(), files);
  while (value(kBackends) != "0") std::this_thread::yield();
}

TEST_F(RecoveryTest, ACrashCostsErrorsOnlyWhileItLastsAndLosesNoWrite) {
  value("CREATE TABLE t (n integer)");
  const auto files = open_files();
  loop.run_until_done(restart_under_load(*this, SIGQUIT));
  EXPECT_EQ(open_files(), files);
  while (value(kBackends) != "0") std::this_thread::yield();
}

Task<void> start_without_server(RecoveryTest& test) {
  test.server.stop(SIGINT);
  Pool pool(test.loop, test.registry, test.config);
  EXPECT_THROW(co_await pool.start(), Unavailable);
  EXPECT_FALSE(pool.reachable());
  EXPECT_GT(test.connect_failures(), 0);
  Context context;
  const auto asked = Clock::now();
  EXPECT_THROW(co_await pool.query(context, kEcho, std::int64_t{1}), Unavailable);
  EXPECT_THROW(co_await pool.begin(context), Unavailable);
  EXPECT_LT(Clock::now() - asked, 100ms) << "refused at once";
  test.server.start();
  const auto back = Clock::now();
  co_await runtime::until(test.loop, [&] { return pool.reachable(); });
  EXPECT_LT(Clock::now() - back, 1s);
  EXPECT_EQ((co_await pool.query(context, kEcho, std::int64_t{1})).one<std::int64_t>(), 1);
  co_await pool.close();
}

Task<void> listen_without_server(RecoveryTest& test) {
  test.server.stop(SIGINT);
  Listener listener(test.loop, test.config, "news", test.registry);
  runtime::Scope scope(test.loop);
  scope.spawn(listener.run());
  const auto give_up = Clock::now() + 30s;
  while (test.connect_failures() == 0 && Clock::now() < give_up) co_await test.loop.sleep(1ms);
  EXPECT_GT(test.connect_failures(), 0);
  test.server.start();
  EXPECT_TRUE(co_await listener.notified().wait(30s));
  listener.stop();
  co_await scope.join();
}

TEST_F(RecoveryTest, AListenerThatCannotConnectIsCounted) {
  loop.run_until_done(listen_without_server(*this));
}

TEST_F(RecoveryTest, APoolStartedTooEarlyServesAsSoonAsTheServerIsThere) {
  loop.run_until_done(start_without_server(*this));
}

Task<void> use_all_slots(RecoveryTest& test) {
  test.config.min_connections = 5;
  Pool pool(test.loop, test.registry, test.config);
  co_await pool.start();
  std::vector<BlockingConnection> others;
  for (;;) {
    auto other = BlockingConnection::open(test.server.conninfo(), "souk test");
    if (!other) break;
    others.push_back(std::move(*other));
  }
  // There are only five connections: other callers wait, none fails.
  Load load;
  Scope scope(test.loop);
  for (int i = 0; i < 20; ++i) scope.spawn(read_on(test, pool, load, kScan));
  co_await runtime::until(test.loop, [&] { return load.reads >= 1000; });
  EXPECT_EQ(load.failures, 0);
  load.done = true;
  co_await scope.join();
  co_await pool.close();
}

TEST_F(RecoveryTest, AFullServerLeavesThePoolWithWhatItHas) {
  loop.run_until_done(use_all_slots(*this));
}

// ---- a server that accepts and never answers

class Mute {
 public:
  Mute() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (socket_ < 0) throw std::runtime_error("no socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, raw, size), 0);
    EXPECT_EQ(::listen(socket_, 64), 0);
    EXPECT_EQ(::getsockname(socket_, raw, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Mute() { ::close(socket_); }
  Mute(const Mute&) = delete;
  Mute& operator=(const Mute&) = delete;
  std::string conninfo() const { return fmt::format("postgresql://souk@127.0.0.1:{}/x", port_); }

 private:
  int socket_;
  int port_ = 0;
};

Task<void> ask_mute(runtime::Loop& loop, telemetry::Registry& registry, PoolConfig config) {
  Pool pool(loop, registry, std::move(config));
  try {
    co_await pool.start();
    ADD_FAILURE();
  } catch (const Unavailable& error) {
    EXPECT_THAT(error.what(), HasSubstr("connect_timeout"));
  }
  co_await pool.close();
}

TEST(Mute, ServersAreGivenUpAfterTheConnectTimeout) {
  const Mute mute;
  runtime::Loop loop;
  telemetry::Registry registry;
  const auto files = open_files();
  loop.run_until_done(
      ask_mute(loop, registry, {.conninfo = mute.conninfo(), .connect_timeout = 50ms}));
  EXPECT_EQ(open_files(), files);
}

Task<void> close_while_connecting(runtime::Loop& loop, telemetry::Registry& registry,
                                  PoolConfig config) {
  Pool pool(loop, registry, std::move(config));
  Scope scope(loop);
  scope.spawn([](Pool& p) -> Task<void> { EXPECT_THROW(co_await p.start(), Unavailable); }(pool));
  const auto asked = Clock::now();
  co_await pool.close();
  co_await scope.join();
  EXPECT_LT(Clock::now() - asked, 1s);
}

TEST(Mute, ServersDoNotHoldUpClosing) {
  const Mute mute;
  runtime::Loop loop;
  telemetry::Registry registry;
  loop.run_until_done(close_while_connecting(loop, registry, {.conninfo = mute.conninfo()}));
}

}  // namespace
}  // namespace souk::postgres
