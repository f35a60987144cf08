#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "postgres/blocking.h"
#include "postgres/migrator.h"
#include "postgres/test_database.h"

namespace souk::postgres {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const MigrationFile kTable{"0001_table.sql", "CREATE TABLE t (x integer);\n"};
const MigrationFile kRows{"0002_rows.sql", "INSERT INTO t SELECT generate_series(1, 100);\n"};
const MigrationFile kIndex{"0003_index.sql",
                           "-- souk: no-transaction\n"
                           "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_x ON t (x);\n"
                           "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_x_twice ON t (x, x);\n"};

class MigratorTest : public testing::Test {
 protected:
  Result<std::vector<std::string>> migrate_with(std::vector<MigrationFile> files) {
    return migrate(database_.conninfo(), files, options_);
  }
  // The refusal's message; empty if there was none.
  std::string refusal_of(std::vector<MigrationFile> files) {
    const auto result = migrate_with(std::move(files));
    if (result) return "";
    EXPECT_EQ(result.error().code, ErrorCode::kPreconditionFailed);
    return result.error().detail;
  }
  std::string value(const std::string& sql) {
    auto rows = connection_.run(sql);
    if (!rows) return rows.error().detail;
    return rows->size() == 0 ? "no row" : std::string(rows->text(0, 0));
  }
  void wait_until_true(const std::string& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (value("SELECT " + condition) != "t") {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << condition;
      std::this_thread::yield();
    }
  }

  TestDatabase database_ = TestDatabase::bare();
  BlockingConnection connection_ = database_.connect();
  std::vector<std::string> reports_;
  MigrateOptions options_{.report = [this](std::string_view line) { reports_.emplace_back(line); }};
};

// With such a database the API answered every name with letters beyond Latin-1 with an internal
// error.
TEST(MigratorOnAnotherEncodingTest, RefusesTheDatabaseAndLeavesItEmpty) {
  for (const auto* const encoding : {"LATIN1", "SQL_ASCII"}) {
    const auto database =
        TestDatabase::bare(fmt::format("ENCODING '{}' LOCALE 'C' TEMPLATE template0", encoding));
    const auto result = migrate(database.conninfo(), std::vector{kTable});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kPreconditionFailed);
    EXPECT_THAT(result.error().detail, AllOf(HasSubstr(encoding), HasSubstr("ENCODING 'UTF8'")));
    EXPECT_EQ(database.connect().run("SELECT to_regclass('t')")->text(0, 0), "");
  }
}

TEST_F(MigratorTest, RunsEveryFileOnceAndInOrder) {
  EXPECT_THAT(migrate_with({kTable, kRows}).value(),
              ElementsAre("0001_table.sql", "0002_rows.sql"));
  EXPECT_THAT(migrate_with({kTable, kRows, kIndex}).value(), ElementsAre("0003_index.sql"));
  EXPECT_THAT(migrate_with({kTable, kRows, kIndex}).value(), IsEmpty());
  EXPECT_EQ(value("SELECT count(*) FROM t"), "100");
  EXPECT_EQ(value("SELECT string_agg(number || name, ' ' ORDER BY number) FROM schema_migrations"
                  " WHERE applied_at <= clock_timestamp() AND duration >= '0'"
                  " AND length(checksum) = 64"),
            "10001_table.sql 20002_rows.sql 30003_index.sql");
}

TEST_F(MigratorTest, TheShopsOwnMigrationsApply) {
  const auto embedded = embedded_migrations();
  EXPECT_EQ(migrate(database_.conninfo(), embedded).value().size(), embedded.size());
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname IN ('idx_products_search', "
                  "'idx_products_category_price', 'idx_orders_user_date', "
                  "'idx_product_stocks_product_id', 'idx_user_addresses_user_default')"),
            "5")
      << "the RFC's indexes";
}

TEST_F(MigratorTest, ADryRunSaysWhatWouldRunAndChangesNothing) {
  options_.dry_run = true;
  EXPECT_THAT(migrate_with({kTable, kRows}).value(),
              ElementsAre("0001_table.sql", "0002_rows.sql"));
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname IN ('t', 'schema_migrations')"),
            "0");
}

TEST_F(MigratorTest, AFailingFileLeavesNothingBehindAndNamesItsLine) {
  const MigrationFile broken{"0002_broken.sql", "INSERT INTO t VALUES (1);\n\nSELEC 2;\n"};
  const auto result = migrate_with({kTable, broken});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInternal);
  EXPECT_THAT(result.error().detail, AllOf(HasSubstr("0002_broken.sql"), HasSubstr("LINE 3")));
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  EXPECT_THAT(migrate_with({kTable, kRows}).value(), ElementsAre("0002_rows.sql"));
}

TEST_F(MigratorTest, NamesTheLineInAFileWithoutTransactionToo) {
  const MigrationFile broken{"0001_broken.sql", "-- souk: no-transaction\nSELECT 1;\nSELEC 2;\n"};
  EXPECT_THAT(migrate_with({broken}).error().detail,
              AllOf(HasSubstr("0001_broken.sql"), HasSubstr("LINE 3")));
}

TEST_F(MigratorTest, RefusesAFileThatEndsItsOwnTransaction) {
  const MigrationFile file{"0001_commit.sql", "CREATE TABLE t (x integer); COMMIT;"};
  EXPECT_THAT(migrate_with({file}).error().detail, HasSubstr("ends its own transaction"));
}

TEST_F(MigratorTest, RefusesAnEditedFile) {
  ASSERT_TRUE(migrate_with({kTable, kRows}));
  const MigrationFile edited{kTable.name, kTable.sql + "-- harmless?"};
  EXPECT_THAT(refusal_of({edited, kRows}),
              AllOf(HasSubstr("0001_table.sql was edited"), HasSubstr("new migration")));
}

TEST_F(MigratorTest, RefusesARenamedFile) {
  ASSERT_TRUE(migrate_with({kTable}));
  EXPECT_THAT(refusal_of({{"0001_tables.sql", kTable.sql}}),
              AllOf(HasSubstr("0001_table.sql"), HasSubstr("0001_tables.sql")));
}

TEST_F(MigratorTest, RefusesADatabaseThatIsNewer) {
  ASSERT_TRUE(migrate_with({kTable, kRows}));
  EXPECT_THAT(refusal_of({kTable}),
              AllOf(HasSubstr("database is newer"), HasSubstr("0002_rows.sql")));
}

TEST_F(MigratorTest, RefusesNumbersThatCollideOrHaveGaps) {
  EXPECT_THAT(refusal_of({kTable, {"0001_other.sql", ""}}), HasSubstr("same number"));
  EXPECT_THAT(refusal_of({kTable, kIndex}), HasSubstr("Migration 0002 is missing"));
  EXPECT_THAT(refusal_of({kRows}), HasSubstr("Migration 0001 is missing"));
  for (const std::string name : {"1_table.sql", "0001-table.sql", "0001_table", "x001_table.sql"}) {
    EXPECT_THAT(refusal_of({{name, ""}}), HasSubstr("not the name of a migration"));
  }
}

TEST_F(MigratorTest, RefusesAConcurrentIndexThatCouldNotBeBuiltAgain) {
  EXPECT_THAT(refusal_of({{"0001_i.sql", "\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (x);"}}),
              AllOf(HasSubstr("0001_i.sql:2"), HasSubstr("cannot run in a transaction")));
  EXPECT_THAT(refusal_of({{"0001_i.sql",
                           "-- souk: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (x);"}}),
              HasSubstr("IF NOT EXISTS"));
}

TEST_F(MigratorTest, ReportsAServerThatIsNotThere) {
  const auto result = migrate("host=/nowhere", std::vector{kTable});
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

// When the server or the migrator is killed while an index is being built, PostgreSQL keeps the
// incomplete index, marked invalid, and IF NOT EXISTS would accept it as complete.
TEST_F(MigratorTest, RebuildsAnIndexWhoseBuildDiedHalfWay) {
  ASSERT_TRUE(migrate_with({kTable, kRows}));
  auto writer = database_.connect();
  ASSERT_TRUE(writer.execute("BEGIN; INSERT INTO t VALUES (0)"));  // the build waits for this

  std::thread migrator([&] { EXPECT_FALSE(migrate_with({kTable, kRows, kIndex})); });
  wait_until_true(
      "EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('t_x') AND NOT indisvalid)");
  EXPECT_EQ(value("SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity"
                  " WHERE application_name = 'souk migrate' AND datname = current_database()"),
            "t");
  migrator.join();
  ASSERT_TRUE(writer.execute("COMMIT"));
  ASSERT_EQ(value("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('t_x')"), "f");

  EXPECT_THAT(migrate_with({kTable, kRows, kIndex}).value(), ElementsAre("0003_index.sql"));
  EXPECT_THAT(reports_, Contains(HasSubstr("dropping t_x")));
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid"),
            "2");
}

// A migrator that waits inside pg_advisory_lock() and one that builds an index CONCURRENTLY
// deadlock.
TEST_F(MigratorTest, OfTwoStartedAtOnceOneWorksAndTheOtherWaits) {
  ASSERT_TRUE(migrate_with({kTable, kRows}));
  auto writer = database_.connect();
  ASSERT_TRUE(writer.execute("BEGIN; INSERT INTO t VALUES (0)"));

  const std::vector files{kTable, kRows, kIndex};
  std::atomic<int> waiting{0};
  std::atomic<std::size_t> applied{0};
  const auto run = [&] {
    MigrateOptions options;
    options.report = [&](std::string_view line) {
      if (line.starts_with("waiting")) ++waiting;
    };
    const auto result = migrate(database_.conninfo(), files, options);
    ASSERT_TRUE(result) << result.error().detail;
    applied += result->size();
  };
  std::thread first(run);
  std::thread second(run);
  while (waiting == 0) std::this_thread::yield();
  ASSERT_TRUE(writer.execute("COMMIT"));
  first.join();
  second.join();
  EXPECT_EQ(waiting, 1);
  EXPECT_EQ(applied, 1U);
}

TEST_F(MigratorTest, GivesUpWaitingAfterItsBound) {
  auto holder = database_.connect();
  ASSERT_TRUE(holder.execute("BEGIN; CREATE TABLE t (x integer)"));
  std::thread blocked([&] {
    EXPECT_TRUE(migrate_with({{"0001_wait.sql", "CREATE TABLE t ()"}})
                    .error()
                    .detail.find("already exists") != std::string::npos);
  });
  wait_until_true("EXISTS (SELECT FROM pg_locks WHERE NOT granted)");

  MigrateOptions impatient{.lock_wait_max = std::chrono::milliseconds(100)};
  const auto result = migrate(database_.conninfo(), std::vector{kTable}, impatient);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(result.error().detail, HasSubstr("Another migration has been running"));
  ASSERT_TRUE(holder.execute("COMMIT"));
  blocked.join();
}

TEST(ReadMigrations, TakesTheSqlFilesOfAFolderInOrder) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("souk_migrations_{}", getpid());
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "0002_b.sql") << "SELECT 2";
  std::ofstream(folder / "0001_a.sql") << "SELECT 1";
  std::ofstream(folder / "README.md") << "not SQL";
  const auto files = read_migrations(folder).value();
  std::filesystem::remove_all(folder);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "0001_a.sql");
  EXPECT_EQ(files[1].sql, "SELECT 2");
  EXPECT_EQ(read_migrations(folder).error().code, ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace souk::postgres
