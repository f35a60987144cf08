#include "postgres/migrator_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::postgres {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(std::string_view sql) {
  std::vector<std::string> out;
  for (const auto& statement : split_statements(sql)) out.emplace_back(statement.text);
  return out;
}

TEST(SplitStatements, CutsAtSemicolonsAndDropsWhatIsEmpty) {
  EXPECT_THAT(texts(" SELECT 1 ;;\n; SELECT 2\n"), ElementsAre("SELECT 1", "SELECT 2"));
  EXPECT_THAT(texts(""), IsEmpty());
  EXPECT_THAT(texts("-- only a comment; nothing else"), IsEmpty());
}

TEST(SplitStatements, LeavesSemicolonsInQuotesAlone) {
  EXPECT_THAT(texts("SELECT 'a;b'; SELECT 'it''s; one'; SELECT \"odd;name\""),
              ElementsAre("SELECT 'a;b'", "SELECT 'it''s; one'", "SELECT \"odd;name\""));
}

TEST(SplitStatements, KnowsBackslashesOnlyInEscapeStrings) {
  EXPECT_THAT(texts(R"(SELECT E'\';'; SELECT '\'; SELECT 1)"),
              ElementsAre(R"(SELECT E'\';')", R"(SELECT '\')", "SELECT 1"));
  EXPECT_THAT(texts(R"(SELECT date'\'; SELECT 1)"), ElementsAre(R"(SELECT date'\')", "SELECT 1"));
}

TEST(SplitStatements, LeavesDollarQuotesAlone) {
  EXPECT_THAT(
      texts("DO $$ BEGIN; END $$; SELECT $f$ $$;$$ $g$; $f$; SELECT $1;SELECT a$b; SELECT 2"),
      ElementsAre("DO $$ BEGIN; END $$", "SELECT $f$ $$;$$ $g$; $f$", "SELECT $1", "SELECT a$b",
                  "SELECT 2"));
}

TEST(SplitStatements, SkipsCommentsAlsoNestedOnes) {
  EXPECT_THAT(texts("/* a; /* b; */ c; */ SELECT 1; -- d; e\nSELECT /* ; */ 2 -- f"),
              ElementsAre("SELECT 1", "SELECT /* ; */ 2"));
}

TEST(SplitStatements, TakesWhatIsNeverClosedToTheEnd) {
  for (const std::string sql : {"SELECT 'a; b", "SELECT $$ a; b", "SELECT \"a; b", "SELECT $"}) {
    EXPECT_THAT(texts(sql), ElementsAre(sql));
  }
  EXPECT_THAT(texts("SELECT 1; /* a; b"), ElementsAre("SELECT 1"));
}

TEST(SplitStatements, TellsTheLineOfEachStatement) {
  const auto statements = split_statements("-- head\n\nSELECT 1;\n/* two\nlines */ SELECT\n2;");
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].line, 2U);
  EXPECT_EQ(statements[1].line, 4U);
}

TEST(RunsOutsideTransaction, LooksAtTheFirstLineOnly) {
  EXPECT_TRUE(runs_outside_transaction("-- souk: no-transaction\r\nSELECT 1"));
  EXPECT_FALSE(runs_outside_transaction("-- a comment\n-- souk: no-transaction\n"));
  EXPECT_FALSE(runs_outside_transaction(""));
}

TEST(ConcurrentIndex, NamesTheIndexThatIsBuilt) {
  EXPECT_EQ(concurrent_index("create unique index concurrently a on t (x)").name, "a");
  EXPECT_FALSE(concurrent_index("create index concurrently a on t (x)").if_not_exists);
  const auto index = concurrent_index("CREATE INDEX CONCURRENTLY -- why\n IF NOT EXISTS s.b\nON t");
  EXPECT_EQ(index.name, "s.b");
  EXPECT_TRUE(index.if_not_exists);
}

TEST(ConcurrentIndex, IsEmptyForAnyOtherStatement) {
  EXPECT_EQ(concurrent_index("CREATE INDEX a ON t (x)").name, "");
  EXPECT_EQ(concurrent_index("DROP INDEX CONCURRENTLY a").name, "");
  EXPECT_EQ(concurrent_index("").name, "");
}

}  // namespace
}  // namespace souk::postgres
