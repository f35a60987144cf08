#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "postgres/listener.h"
#include "postgres/session_settings.h"
#include "postgres/test_pool.h"

namespace souk::postgres {
namespace {

using namespace std::chrono_literals;
using runtime::Context;
using runtime::Task;
using testing::ElementsAre;

constexpr Statement kSetting{
    .name = "setting", .sql = "SELECT current_setting($1)", .kind = Statement::Kind::kPoint};

// A default of the database, and the value on Souk's own connections.
struct Default {
  std::string_view name;
  std::string_view hostile;
  std::string_view in_pool;
  std::string_view in_command = in_pool;

  friend std::ostream& operator<<(std::ostream& out, const Default& setting) {
    return out << setting.name << " = " << setting.hostile;
  }
};

class HostileDefaultTest : public PoolTest, public testing::WithParamInterface<Default> {
 public:
  using PoolTest::PoolTest;

  void set_default(std::string_view name, std::string_view setting) {
    execute(
        fmt::format("DO $$ BEGIN EXECUTE format($q$ALTER DATABASE %I SET {} = {}$q$, "
                    "current_database()); END $$",
                    name, setting));
  }
  std::string in_pool(std::string_view name) {
    std::string setting;
    with_pool([&](PoolTest& test, Pool& pool) {
      return [](PoolTest& t, Pool& p, std::string_view asked, std::string& got) -> Task<void> {
        got = (co_await p.query(t.context, kSetting, asked)).one<std::string>();
      }(test, pool, name, setting);
    });
    return setting;
  }
};

TEST_P(HostileDefaultTest, IsReplacedOnEveryConnection) {
  const auto& setting = GetParam();
  set_default(setting.name, setting.hostile);
  EXPECT_EQ(in_pool(setting.name), setting.in_pool);
  EXPECT_EQ(value(fmt::format("SELECT current_setting('{}')", setting.name)), setting.in_command);
}

INSTANTIATE_TEST_SUITE_P(
    Of, HostileDefaultTest,
    testing::Values(
        Default{"statement_timeout", "'20ms'", "30s", "0"}, Default{"lock_timeout", "'1ms'", "0"},
        Default{"idle_in_transaction_session_timeout", "'1ms'", "30s", "0"},
        Default{"idle_session_timeout", "'1h'", "0"},
        Default{"default_transaction_isolation", "'serializable'", "read committed"},
        Default{"default_transaction_read_only", "on", "off"},
        Default{"default_transaction_deferrable", "on", "off"},
        Default{"synchronous_commit", "off", "on"},
        Default{"synchronous_commit", "remote_apply", "remote_apply"},
        Default{"client_min_messages", "error", "warning"},
        Default{"search_path", "nowhere", "public, pg_temp"}, Default{"row_security", "on", "off"},
        Default{"session_replication_role", "replica", "origin"},
        Default{"client_encoding", "LATIN1", "UTF8"},
        Default{"DateStyle", "'SQL, DMY'", "ISO, MDY"},
        Default{"IntervalStyle", "iso_8601", "postgres"},
        Default{"TimeZone", "'Asia/Tokyo'", "UTC"}, Default{"bytea_output", "escape", "hex"},
        Default{"extra_float_digits", "'-10'", "1"},
        Default{"standard_conforming_strings", "off", "on"},
        Default{"transform_null_equals", "on", "off"}, Default{"gin_fuzzy_search_limit", "3", "0"},
        Default{"work_mem", "'64kB'", "4MB"}, Default{"work_mem", "'32MB'", "32MB"},
        Default{"jit", "on", "off"},
        Default{"plan_cache_mode", "force_custom_plan", "force_generic_plan", "force_custom_plan"},
        Default{"client_connection_check_interval", "0", "2s", "0"},
        Default{"enable_indexscan", "off", "on"}, Default{"enable_nestloop", "off", "on"},
        Default{"enable_hashjoin", "off", "on"}, Default{"geqo", "off", "on"},
        Default{"geqo_threshold", "2", "12"}, Default{"geqo_seed", "0.5", "0"},
        Default{"join_collapse_limit", "1", "8"}, Default{"from_collapse_limit", "1", "8"},
        Default{"constraint_exclusion", "off", "partition"},
        Default{"recursive_worktable_factor", "1000", "10"},
        Default{"force_parallel_mode", "on", "off"},
        Default{"max_parallel_workers_per_gather", "64", "0", "64"},
        Default{"plpgsql.extra_errors", "'all'", "none"},
        Default{"log_parameter_max_length_on_error", "'-1'", "0"}),
    [](const auto& info) {
      std::string name(info.param.name);
      std::ranges::replace(name, '.', '_');
      return fmt::format("{}_{}", name, info.index);
    });

using SessionTest = HostileDefaultTest;

TEST_F(SessionTest, WhatAPoolAsksForComesOverWhatEveryConnectionHas) {
  config.session.push_back({"lock_timeout", "'2s'"});
  config.session.push_back({"synchronous_commit", "'off'"});
  EXPECT_EQ(in_pool("lock_timeout"), "2s");
  EXPECT_EQ(in_pool("synchronous_commit"), "off");
}

// A busy server that compiles the statements of many new connections answers none of them in time.
TEST_F(SessionTest, NothingIsCompiledWhateverTheDefaultsAre) {
  constexpr Statement compiler{
      .name = "compiler",
      .sql = "SELECT (pg_read_file('/proc/self/maps') LIKE '%llvmjit.so%')::text",
      .kind = Statement::Kind::kPoint};
  set_default("jit_above_cost", "0");
  std::string is_loaded;
  with_pool([&](PoolTest& test, Pool& pool) {
    return [](PoolTest& t, Pool& p, const Statement& asked, std::string& got) -> Task<void> {
      got = (co_await p.query(t.context, asked)).one<std::string>();
    }(test, pool, compiler, is_loaded);
  });
  EXPECT_EQ(is_loaded, "false");
}

class BareSessionTest : public SessionTest {
 public:
  BareSessionTest() : SessionTest(TestDatabase::bare()) {}
};

// The tables remain in their schema, whatever the path says later.
TEST_F(BareSessionTest, TheTablesOfASchemaOfTheirOwnAreFoundBehindTablesOfTheSameName) {
  execute("CREATE SCHEMA shop; CREATE SCHEMA other");
  set_default("search_path", "shop, public");
  ASSERT_TRUE(migrate(database.conninfo(), embedded_migrations()));
  EXPECT_EQ(value("SELECT relnamespace::regnamespace FROM pg_class WHERE relname = 'products'"),
            "shop");
  execute("CREATE TABLE other.products (); CREATE TABLE other.schema_migrations (version text)");
  set_default("search_path", "other, shop");
  EXPECT_EQ(in_pool("search_path"), "shop, pg_temp");
  EXPECT_EQ(value("SELECT count(*) FROM products WHERE id IS NULL"), "0");
}

TEST_F(SessionTest, TheTablesOfThePublicSchemaAreFoundWhateverThePathSays) {
  execute("CREATE SCHEMA other");
  set_default("search_path", "other");
  EXPECT_EQ(in_pool("search_path"), "public, pg_temp");
  EXPECT_EQ(value("SELECT count(*) FROM products"), "0");
}

TEST_F(SessionTest, AListenerListensWhateverTheDefaultsAre) {
  set_default("default_transaction_read_only", "on");
  set_default("default_transaction_isolation", "serializable");
  Listener listener(loop, config, "news", registry);
  loop.run_until_done([](SessionTest& test, Listener& ear) -> Task<void> {
    runtime::Scope scope(test.loop);
    scope.spawn(ear.run());
    EXPECT_TRUE(co_await ear.notified().wait(30s));
    ear.notified().reset();
    test.execute("NOTIFY news");
    EXPECT_TRUE(co_await ear.notified().wait(30s));
    EXPECT_EQ(ear.changes(), 1U);
    ear.stop();
    co_await scope.join();
  }(*this, listener));
}

}  // namespace
}  // namespace souk::postgres
