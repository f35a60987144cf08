// Starts the real servers in throwaway folders. As root, only root can enter these folders, so that
// each test also shows that the servers' users need not traverse the path.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "app/embedded/services.h"
#include "postgres/blocking.h"

namespace souk::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using postgres::BlockingConnection;
using testing::HasSubstr;
using testing::Not;

constexpr auto kWaitMax = 30s;

class EmbeddedServicesTest : public testing::Test {
 protected:
  EmbeddedServicesTest() {
    // Below no folder of another user, unlike the usual one here as root.
    std::string name = "/tmp/souk-embedded-XXXXXX";
    folder_ = mkdtemp(name.data());
    data_ = folder_ / "data";
  }
  ~EmbeddedServicesTest() override { fs::remove_all(folder_); }

  Result<EmbeddedServices> start() {
    EmbeddedConfig config{.data = data_};
    config.postgres.shared_buffers = std::uint64_t{64} << 20;
    config.log_bytes_max = log_bytes_max_;
    config.on_server_ended = [this](const ServerEnded& event) {
      const std::lock_guard lock(mutex_);
      ended_.push_back(fmt::format("{}: {}", event.server, event.how));
    };
    return EmbeddedServices::start(std::move(config), [](std::string_view) {});
  }

  EmbeddedServices started() {
    auto services = start();
    if (!services) throw std::runtime_error(services.error().detail);
    return std::move(*services);
  }

  std::string refusal() {
    const auto services = start();
    return services ? "started" : services.error().detail;
  }

  static std::string value(const std::string& url, const std::string& sql) {
    auto connection = BlockingConnection::open(url, "test");
    if (!connection) return connection.error().detail;
    auto rows = connection->run(sql);
    if (!rows) return rows.error().detail;
    return rows->size() == 0 ? "" : std::string(rows->text(0, 0));
  }

  static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kWaitMax;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  pid_t postgres_pid() const { return read_pid_file(data_ / "postgres" / "postmaster.pid"); }
  pid_t redis_pid() const { return read_pid_file(data_ / "redis" / "redis.pid"); }

  std::vector<std::string> ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

  void write(const fs::path& name, std::string_view text) const {
    fs::create_directories((data_ / name).parent_path());
    std::ofstream(data_ / name) << text;
  }

  // The content of every file except the database's own.
  std::string all_texts() const {
    std::string all;
    for (auto entry = fs::recursive_directory_iterator(data_); entry != fs::end(entry); ++entry) {
      if (entry->path() == data_ / "postgres") entry.disable_recursion_pending();
      if (!entry->is_regular_file()) continue;
      std::ifstream file(entry->path());
      all.append(std::istreambuf_iterator<char>(file), {});
    }
    return all;
  }

  fs::path folder_;
  fs::path data_;
  std::uintmax_t log_bytes_max_ = kLogBytesMax;

 private:
  std::mutex mutex_;
  std::vector<std::string> ended_;
};

TEST_F(EmbeddedServicesTest, AnEmptyFolderBecomesAShopsDatabase) {
  const auto services = started();
  EXPECT_EQ(value(services.database_url(), "SELECT current_database() || ' ' || current_user"),
            "souk souk");
  EXPECT_EQ(value(services.database_url(),
                  "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database "
                  "WHERE datname = 'souk'"),
            "UTF8 C.UTF-8");
  EXPECT_EQ(value(services.database_url(), "SHOW fsync"), "on");
  EXPECT_EQ(value(services.database_url(),
                  "SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'"),
            "on");
  EXPECT_EQ(value(services.database_url(), "SHOW listen_addresses"), "");
  EXPECT_EQ(value(services.database_url(), "SELECT count(*) >= 0 FROM pg_stat_statements"), "t");
  EXPECT_THAT(services.redis_url(), testing::StartsWith("unix:///"));
}

TEST_F(EmbeddedServicesTest, WhatTheEnvironmentSaysOfOtherServersDisturbsNothing) {
  const std::vector<std::pair<const char*, const char*>> variables{
      {"PGHOST", "nowhere.invalid"},
      {"PGHOSTADDR", "192.0.2.1"},
      {"PGPORT", "1"},
      {"PGDATABASE", "other"},
      {"PGUSER", "nobody"},
      {"PGSERVICE", "missing"},
      {"PGOPTIONS", "-c nonsense=1"},
      {"PGGSSENCMODE", "require"},
      {"PGCHANNELBINDING", "require"},
      {"PGREQUIREPEER", "nobody"},
      {"PGTARGETSESSIONATTRS", "standby"},
      {"PGTZ", "Nowhere/Nothing"},
      {"PGCLIENTENCODING", "NONE"},
      {"PGDATA", "/nowhere"}};
  for (const auto& [name, setting] : variables) setenv(name, setting, /*overwrite=*/1);
  {
    const auto services = started();
    EXPECT_EQ(value(services.database_url(), "SELECT current_user"), "souk");
    for (const auto& [name, setting] : variables) setenv(name, setting, /*overwrite=*/1);
    EXPECT_EQ(value(running_database_url(data_), "SELECT current_user"), "souk");
  }
  for (const auto& [name, setting] : variables) unsetenv(name);
}

TEST_F(EmbeddedServicesTest, TheSecondStartKeepsTheDataAndIsReadyWithinTwoSeconds) {
  {
    const auto services = started();
    value(services.database_url(), "CREATE TABLE kept AS SELECT 7 AS x");
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto services = started();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
  EXPECT_EQ(value(services.database_url(), "SELECT x FROM kept"), "7");
}

TEST_F(EmbeddedServicesTest, StoppingLeavesNoProcessBehind) {
  auto services = started();
  const std::vector<pid_t> servers{postgres_pid(), redis_pid()};
  services.stop();
  for (const pid_t pid : servers) {
    EXPECT_GT(pid, 0);
    EXPECT_EQ(kill(pid, 0), -1);
  }
  EXPECT_EQ(postgres_pid(), 0) << "PostgreSQL was stopped in order and took its pid file along";
  services.stop();
}

TEST_F(EmbeddedServicesTest, AfterAKillTheNextStartRecoversByItself) {
  const pid_t killed = fork();
  if (killed == 0) {
    const auto services = started();
    value(services.database_url(), "CREATE TABLE kept AS SELECT 7 AS x");
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(killed, &status, 0), killed);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto services = started();
  EXPECT_EQ(value(services.database_url(), "SELECT x FROM kept"), "7");
  EXPECT_THAT(ended(), testing::IsEmpty());
}

TEST_F(EmbeddedServicesTest, AServerThatDiesIsStartedAgain) {
  const auto services = started();
  value(services.database_url(), "CREATE TABLE kept AS SELECT 7 AS x");
  const pid_t first_postgres = postgres_pid();
  const pid_t first_redis = redis_pid();
  kill(first_postgres, SIGKILL);
  kill(first_redis, SIGKILL);
  EXPECT_TRUE(eventually([&] {
    return value(services.database_url(), "SELECT x FROM kept") == "7" &&
           postgres_pid() != first_postgres;
  }));
  EXPECT_TRUE(eventually([&] { return redis_pid() > 0 && redis_pid() != first_redis; }));
  EXPECT_THAT(ended(),
              testing::IsSupersetOf({"PostgreSQL: signal 9 (Killed)", "Redis: signal 9 (Killed)"}));
}

TEST_F(EmbeddedServicesTest, AKillTakesTheServersAlong) {
  const pid_t killed = fork();
  if (killed == 0) {
    const auto services = started();
    raise(SIGSTOP);
  }
  ASSERT_EQ(waitpid(killed, nullptr, WUNTRACED), killed);
  const pid_t redis = redis_pid();  // an ended Redis takes its pid file along
  ASSERT_GT(redis, 0);
  ASSERT_EQ(kill(killed, SIGKILL), 0);
  ASSERT_EQ(waitpid(killed, nullptr, 0), killed);
  EXPECT_TRUE(eventually(
      [&] { return find_owner(redis, data_ / "redis") != ProcessOwner::kWorksInFolder; }));
  EXPECT_TRUE(eventually([&] { return postgres_pid() == 0; })) << "an orderly shutdown";
}

// After a power loss pid files remain, and their pids may be other programs' by now. PostgreSQL
// alone would mistake a process of its own user for a running server and refuse to start.
TEST_F(EmbeddedServicesTest, APidFileWithAnotherProgramsNumberIsNoHindrance) {
  {
    const auto services = started();
  }
  const auto user = server_user(data_ / "postgres", "postgres");
  ASSERT_TRUE(user.has_value());
  const auto other = Process::start({.arguments = {"/bin/sleep", "600"},
                                     .user = *user,
                                     .folder = folder_,
                                     .log = "/dev/null",
                                     .parent_death_signal = SIGKILL});
  ASSERT_TRUE(other.has_value());
  for (const auto* name : {"postgres/postmaster.pid", "postgres/.s.PGSQL.5432.lock"}) {
    write(name, fmt::format("{}\n/nowhere\n", other->pid()));
    ASSERT_EQ(chown((data_ / name).c_str(), user->uid, user->gid), 0);
  }
  write("redis/redis.pid", std::to_string(other->pid()));
  EXPECT_TRUE(start().has_value());
  EXPECT_EQ(find_owner(other->pid(), folder_), ProcessOwner::kWorksInFolder) << "it still runs";
}

// As when PostgreSQL is still writing its last checkpoint while Souk is started again. Here it was
// not even signalled: the parent-death signal did not reach it.
TEST_F(EmbeddedServicesTest, AServerOfAnEarlierRunIsEndedFirst) {
  auto first = started();
  const auto data = DataFolder::open(folder_ / "other");
  ASSERT_TRUE(data.has_value());
  const auto server = PostgresServer::prepare(*data, data->postgres(), {});
  ASSERT_TRUE(server.has_value());
  auto leftover = Process::start((*server)->process());
  ASSERT_TRUE(leftover.has_value());
  ASSERT_TRUE(eventually([&] { return (*server)->ready(leftover->pid()); }));

  EXPECT_TRUE((*server)->remove_leftovers().has_value());
  EXPECT_TRUE(leftover->ended_within(0ms));
  EXPECT_TRUE(leftover->succeeded()) << "shut down in order, not killed";
  EXPECT_EQ(value(first.database_url(), "SELECT 1"), "1") << "a neighbour is let alone";
}

// postgres.log held slow statements with their parameters: e-mails and hashes of passwords.
TEST_F(EmbeddedServicesTest, NoFileBesideTheDatabaseTellsAValueOfAStatement) {
  constexpr auto kParameter = "parameter@example.com";
  constexpr auto kLiteral = "literal@example.com";
  const auto services = started();
  for (const auto* user : {"souk", "postgres"}) {
    auto url = services.database_url();
    url.replace(url.find("//souk@") + 2, 4, user);
    auto shop = BlockingConnection::open(url, "test");
    ASSERT_TRUE(shop.has_value());
    ASSERT_TRUE(
        shop->execute("CREATE TEMP TABLE people (email text UNIQUE, age int CHECK (age > 0))"));
    const auto each = [&](const std::string& before, const std::string& after) {
      const bool parameter = shop->execute(before + "$1" + after, {kParameter}).has_value();
      return parameter && shop->execute(fmt::format("{}'{}'{}", before, kLiteral, after));
    };
    EXPECT_TRUE(each("INSERT INTO people SELECT ", " FROM pg_sleep(1.1)")) << "slow";
    EXPECT_FALSE(each("INSERT INTO people VALUES (", ")")) << "a unique violation";
    EXPECT_FALSE(each("INSERT INTO people VALUES (", " || 'x', -1)")) << "a check";
    EXPECT_FALSE(each("SELECT (", "::text)::int")) << "a value that is no number";
    EXPECT_FALSE(shop->execute(fmt::format("SELECT '{}' FROM FROM", kLiteral))) << "no SQL";
    EXPECT_FALSE(shop->execute(fmt::format("DO $$BEGIN RAISE '{}'; END$$", kLiteral)));
    EXPECT_TRUE(shop->execute(fmt::format("DO $$BEGIN RAISE WARNING '{}'; END$$", kLiteral)));
    ASSERT_TRUE(shop->copy_begin("COPY people (email, age) FROM STDIN"));
    EXPECT_TRUE(shop->copy_write(fmt::format("{}\tno number\n", kLiteral)));
    EXPECT_FALSE(shop->copy_end());
  }
  // When a backend crashes, the server's own process logs its statement.
  auto victim = BlockingConnection::open(services.database_url(), "test");
  const auto pid = victim->run(fmt::format("SELECT pg_backend_pid(), '{}'", kLiteral));
  ASSERT_TRUE(pid.has_value());
  kill(std::stoi(std::string(pid->text(0, 0))), SIGABRT);
  ASSERT_TRUE(eventually([&] { return all_texts().contains("was terminated by signal"); }));
  EXPECT_THAT(all_texts(), Not(HasSubstr("@example.com")));
  EXPECT_THAT(all_texts(), Not(HasSubstr("SELECT")));
}

TEST_F(EmbeddedServicesTest, ALogThatGrowsIsPutAsideAndOnlyOneIsKept) {
  log_bytes_max_ = 4096;
  const auto services = started();
  auto nobody = services.database_url();
  nobody.replace(nobody.find("//souk@") + 2, 4, std::string(50, 'n'));
  const auto log = data_ / "postgres.log";
  const auto old = data_ / "postgres.log.old";
  const auto written = [&] {  // logs a line: no such role
    EXPECT_FALSE(BlockingConnection::open(nobody, "test").has_value());
    return fs::exists(old);
  };
  ASSERT_TRUE(eventually(written));
  const auto first = fs::last_write_time(old);
  ASSERT_TRUE(eventually([&] { return written() && fs::last_write_time(old) != first; }));
  EXPECT_TRUE(eventually([&] { return fs::file_size(log) <= log_bytes_max_; }));
  EXPECT_THAT(all_texts(), HasSubstr("does not exist"));
  struct stat info{};
  ASSERT_EQ(stat(old.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  const auto logs = std::ranges::count_if(fs::directory_iterator(data_), [](const auto& entry) {
    return entry.path().filename().string().starts_with("postgres.log");
  });
  EXPECT_EQ(logs, 2);
}

// DATABASE_URL and settings contain secrets, and PG* variables would change how PostgreSQL starts.
TEST_F(EmbeddedServicesTest, NothingOfOurEnvironmentReachesAServer) {
  ASSERT_EQ(setenv("SOUK_PAYMENTS_WEBHOOK_SECRET", "secret", 1), 0);
  const auto log = folder_ / "environment";
  auto server = Process::start({.arguments = {"/usr/bin/env"},
                                .user = current_user(),
                                .folder = folder_,
                                .log = log,
                                .parent_death_signal = SIGKILL});
  ASSERT_TRUE(server.has_value());
  ASSERT_TRUE(server->ended_within(kWaitMax));
  std::ifstream file(log);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            "PATH=/usr/bin:/bin\nLC_ALL=C.UTF-8\n");
}

TEST_F(EmbeddedServicesTest, ADeepAndOddlyNamedFolderWorks) {
  data_ = folder_ / std::string(100, 'd') / "my shop & more %20" / "data";
  std::string sockets;
  {
    const auto services = started();
    EXPECT_EQ(value(services.database_url(), "SELECT 1"), "1");
    sockets = services.redis_url().substr(sizeof("unix://") - 1);
    sockets = fs::path(sockets).parent_path().parent_path();
    EXPECT_TRUE(fs::exists(sockets));
    EXPECT_EQ(value(running_database_url(data_), "SELECT 1"), "1");
  }
  EXPECT_FALSE(fs::exists(sockets)) << "the private folder of links goes with the services";
}

TEST_F(EmbeddedServicesTest, AnotherProcessFindsTheRunningDatabase) {
  EXPECT_EQ(running_database_url(data_), "");
  {
    const auto services = started();
    EXPECT_EQ(running_database_url(data_), services.database_url());
  }
  EXPECT_EQ(running_database_url(data_), "");
  write("postgres/postmaster.pid", "1\n/nowhere\n");
  EXPECT_EQ(running_database_url(data_), "") << "what a crash leaves is no running database";
}

TEST_F(EmbeddedServicesTest, AFolderInUseNamesTheOtherProcess) {
  const auto services = started();
  EXPECT_THAT(refusal(), HasSubstr(fmt::format("in use by another souk (process {})", getpid())));
}

TEST_F(EmbeddedServicesTest, AFolderOfAnotherVersionIsRefusedAndKept) {
  write("VERSION", "souk-data 2\npostgresql 16\n");
  write("postgres/PG_VERSION", "16\n");
  EXPECT_THAT(refusal(), HasSubstr("data format 2 with PostgreSQL 16; this Souk reads format 1"));
  EXPECT_TRUE(fs::exists(data_ / "postgres/PG_VERSION"));
}

TEST_F(EmbeddedServicesTest, AFolderWithOtherFilesIsRefused) {
  write("thesis.tex", "");
  EXPECT_THAT(refusal(), HasSubstr("holds other files (thesis.tex)"));
}

TEST_F(EmbeddedServicesTest, AFolderThatCannotBeMadeIsAClearError) {
  std::ofstream(folder_ / "file") << "";
  data_ = folder_ / "file" / "data";
  EXPECT_THAT(refusal(), HasSubstr("Not a directory"));
}

TEST_F(EmbeddedServicesTest, AFullDiskIsAClearError) {
  fs::create_directory(data_);
  if (mount("none", data_.c_str(), "tmpfs", 0, "size=20m,mode=0700") != 0) {
    GTEST_SKIP() << "only root may mount a small disk to fill";
  }
  EXPECT_THAT(refusal(), HasSubstr("is full: "));
  umount(data_.c_str());
}

TEST_F(EmbeddedServicesTest, AServerThatCannotStartSaysWhy) {
  {
    const auto services = started();
  }
  fs::remove(data_ / "postgres" / "global" / "pg_control");
  const auto message = refusal();
  EXPECT_THAT(message, HasSubstr("PostgreSQL ended with exit status"));
  EXPECT_THAT(message, HasSubstr("pg_control"));
  EXPECT_EQ(redis_pid() > 0 && kill(redis_pid(), 0) == 0, false) << "nothing is left running";
}

}  // namespace
}  // namespace souk::app
