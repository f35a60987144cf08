// The triggers of migrations/0006_change_log.sql, and reading the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "cache/coherence/store.h"
#include "postgres/test_pool.h"

namespace souk::cache {
namespace {

using postgres::Pool;
using postgres::PoolTest;
using runtime::Task;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// "topic tag" or "topic tag @version" of each change.
using Changes = std::vector<std::string>;

class ChangeLogTest : public PoolTest {
 protected:
  ChangeLogTest() {
    execute(
        "INSERT INTO categories (id, parent_id, name, slug) VALUES "
        "('00000000-0000-0000-0000-00000000000a', NULL, 'Top', 'top'), "
        "('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-00000000000a', "
        "'Middle', 'middle'), "
        "('00000000-0000-0000-0000-00000000000c', '00000000-0000-0000-0000-00000000000b', 'Leaf', "
        "'leaf'), "
        "('00000000-0000-0000-0000-00000000000d', NULL, 'Other', 'other')");
    add_product(1);
    execute("DELETE FROM change_log");
    with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
      co_await store::begin_topics(pool, test.context, {"catalog", "stock"});
    });
  }

  void add_product(int n) {
    execute(
        fmt::format("INSERT INTO products (id, name, category_id, price, currency) VALUES "
                    "('{}', 'P', '{}', 100, 'EUR')",
                    product(n), category('c')));
  }
  static std::string product(int n) { return fmt::format("00000000-0000-0000-0000-{:012}", n); }
  static std::string category(char letter) {
    return fmt::format("00000000-0000-0000-0000-00000000000{}", letter);
  }

  static Changes told(const std::vector<store::LoggedChange>& changes) {
    Changes told;
    for (const auto& change : changes) {
      auto text = change.topic + " " + change.tag;
      if (change.version > 0) text += " @" + std::to_string(change.version);
      constexpr std::string_view kZeros = "00000000-0000-0000-0000-00000000000";
      if (const auto at = text.find(kZeros); at != text.npos) text.erase(at, kZeros.size());
      told.push_back(text);
    }
    return told;
  }
  // The changes that the statement logs, read by the next look.
  Changes logged(const std::string& sql) {
    Changes result;
    loop.run_until_done(
        run_with_pool(*this, [&sql, &result](ChangeLogTest& test, Pool& pool) -> Task<void> {
          const auto before = co_await store::look(pool, test.context, std::nullopt);
          test.execute(sql);
          const auto after = co_await store::look(pool, test.context, before.snapshot);
          result = told(after.changes);
        }));
    return result;
  }
  // Other transactions on the server may delay it.
  static Task<void> prune_all(PoolTest& test, Pool& pool) {
    while (test.value("SELECT count(*) FROM change_log") != "0") {
      co_await store::prune(pool, test.context, "catalog", std::chrono::hours(-1));
    }
  }
  static std::string where_product(int n) { return " WHERE id = '" + product(n) + "'"; }
};

TEST_F(ChangeLogTest, APriceConcernsTheProductAndWhereverPricesMatter) {
  EXPECT_THAT(
      logged("UPDATE products SET price = 200" + where_product(1)),
      UnorderedElementsAre("catalog product:1 @2", "catalog prices", "catalog category:c:prices",
                           "catalog category:b:prices", "catalog category:a:prices"));
}

TEST_F(ChangeLogTest, WordsConcernSearches) {
  EXPECT_THAT(logged("UPDATE products SET name = 'Q'" + where_product(1)),
              UnorderedElementsAre("catalog product:1 @2", "catalog search"));
}

TEST_F(ChangeLogTest, AChangeOfNothingStillRaisesTheVersion) {
  EXPECT_THAT(logged("UPDATE products SET price = price" + where_product(1)),
              UnorderedElementsAre("catalog product:1 @2"));
}

TEST_F(ChangeLogTest, WhatComesAndGoesConcernsEveryListItIsIn) {
  const auto everywhere = [](const std::string& version) {
    return UnorderedElementsAre("catalog product:1 @" + version, "catalog products",
                                "catalog category:c", "catalog category:b", "catalog category:a");
  };
  EXPECT_THAT(logged("UPDATE products SET is_active = false" + where_product(1)), everywhere("2"));
  EXPECT_THAT(logged("UPDATE products SET price = 300" + where_product(1)),
              UnorderedElementsAre("catalog product:1 @3"))
      << "what is not for sale is in no list";
  EXPECT_THAT(logged("UPDATE products SET is_active = true" + where_product(1)), everywhere("4"));
  EXPECT_THAT(logged("DELETE FROM products" + where_product(1)), everywhere("5"));
  EXPECT_THAT(logged(fmt::format("INSERT INTO products (id, name, category_id, price, currency) "
                                 "VALUES ('{}', 'P', '{}', 100, 'EUR')",
                                 product(1), category('c'))),
              everywhere("1"));
}

TEST_F(ChangeLogTest, AMoveConcernsBothBranches) {
  EXPECT_THAT(
      logged("UPDATE products SET category_id = '" + category('d') + "'" + where_product(1)),
      UnorderedElementsAre("catalog product:1 @2", "catalog category:c", "catalog category:b",
                           "catalog category:a", "catalog category:d"));
}

TEST_F(ChangeLogTest, TheTreeIsOne) {
  EXPECT_THAT(logged("UPDATE categories SET name = 'New' WHERE slug = 'leaf'"),
              ElementsAre("catalog categories"));
}

TEST_F(ChangeLogTest, TheShopsOwnCurrencyConcernsTheChoiceOfOne) {
  EXPECT_THAT(logged("INSERT INTO shop (currency) VALUES ('EUR')"),
              ElementsAre("catalog currencies"));
}

TEST_F(ChangeLogTest, StockIsToldByItsVersion) {
  EXPECT_THAT(
      logged("INSERT INTO product_stocks (product_id, quantity) VALUES ('" + product(1) + "', 5)"),
      ElementsAre("stock stock:1 @1"));
  EXPECT_THAT(logged("UPDATE product_stocks SET quantity = 4"), ElementsAre("stock stock:1 @2"));
  EXPECT_THAT(logged("DELETE FROM product_stocks"), ElementsAre("stock stock:1 @3"));
}

TEST_F(ChangeLogTest, AStatementLeavesOneRowForAllItsStocks) {
  add_product(2);
  execute("INSERT INTO product_stocks (product_id, quantity) SELECT id, 5 FROM products");
  execute("UPDATE product_stocks SET quantity = 6 WHERE product_id = '" + product(2) + "'");
  execute("DELETE FROM change_log");
  EXPECT_THAT(logged("UPDATE product_stocks SET quantity = 7"),
              UnorderedElementsAre("stock stock:1 @2", "stock stock:2 @3"));
  EXPECT_EQ(value("SELECT count(*) || tag FROM change_log GROUP BY tag"), "1*")
      << "nodes that do not know the arrays drop all stocks";
  EXPECT_THAT(logged("UPDATE product_stocks SET quantity = 7 WHERE quantity < 0"), IsEmpty());
}

TEST_F(ChangeLogTest, VeryManyAtOnceAreToldAsOne) {
  EXPECT_THAT(logged("INSERT INTO products (id, name, category_id, price, currency) SELECT "
                     "gen_random_uuid(), 'P', '" +
                     category('c') + "', 1, 'EUR' FROM generate_series(1, 1001)"),
              ElementsAre("catalog *"));
  EXPECT_THAT(logged("TRUNCATE products CASCADE"), testing::Contains("catalog *"));
}

TEST_F(ChangeLogTest, ARollbackTellsNothing) {
  EXPECT_THAT(logged("BEGIN; UPDATE products SET price = 7; ROLLBACK"), IsEmpty());
}

// A transaction that began first may end last: it must neither be missed nor delay the others.
TEST_F(ChangeLogTest, NothingIsMissedAndNothingWaitsForALongTransaction) {
  add_product(2);
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto slow = test.database.connect();
    EXPECT_TRUE(slow.execute("BEGIN"));
    EXPECT_TRUE(slow.execute("UPDATE products SET name = 'slow'" + where_product(1)));
    auto look = co_await store::look(pool, test.context, std::nullopt);
    test.execute("UPDATE products SET name = 'quick'" + where_product(2));
    look = co_await store::look(pool, test.context, look.snapshot);
    EXPECT_THAT(told(look.changes), UnorderedElementsAre("catalog product:2 @2", "catalog search"));
    look = co_await store::look(pool, test.context, look.snapshot);
    EXPECT_THAT(look.changes, IsEmpty());
    EXPECT_TRUE(slow.execute("COMMIT"));
    look = co_await store::look(pool, test.context, look.snapshot);
    EXPECT_THAT(told(look.changes), UnorderedElementsAre("catalog product:1 @2", "catalog search"));
  });
}

TEST_F(ChangeLogTest, AWriterReadsWhatItsOwnTransactionLogged) {
  static constexpr postgres::Statement kWrite{.name = "test.write",
                                              .sql = "UPDATE products SET price = price + 1",
                                              .kind = postgres::Statement::Kind::kWrite};
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto transaction = co_await pool.begin(test.context);
    const auto rows = co_await transaction.pipeline_and_commit(postgres::call(kWrite),
                                                               store::own_changes("catalog"));
    const auto changes = store::read_own_changes(rows[1]);
    EXPECT_EQ(changes.size(), 5u);
    EXPECT_GT(changes.front().by, 0);
  });
}

TEST_F(ChangeLogTest, PruningTakesWhatIsOldAndSaysSo) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    test.execute("UPDATE products SET price = 5");
    const auto before = co_await store::look(pool, test.context, std::nullopt);
    co_await store::prune(pool, test.context, "catalog", std::chrono::hours(1));
    EXPECT_EQ(test.value("SELECT count(*) FROM change_log"), "5");
    co_await prune_all(test, pool);
    const auto after = co_await store::look(pool, test.context, before.snapshot);
    EXPECT_THAT(after.changes, IsEmpty());
    EXPECT_EQ(after.topics.size(), 2u);
    if (after.topics.size() != 2) co_return;
    EXPECT_GT(after.topics[0].pruned_below, before.topics[0].pruned_below);
    EXPECT_LE(after.topics[0].pruned_below, after.contained);
    EXPECT_EQ(after.topics[1].pruned_below, before.topics[1].pruned_below);
  });
}

// Its rows must outlive it: later readers have not seen them yet.
TEST_F(ChangeLogTest, PruningSparesTransactionsThatAreNotOverForEverybody) {
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    auto open = test.database.connect();
    EXPECT_TRUE(open.execute("BEGIN"));
    EXPECT_TRUE(open.execute("UPDATE categories SET name = name || '!'"));
    test.execute("UPDATE products SET price = 5");
    co_await store::prune(pool, test.context, "catalog", std::chrono::hours(-1));
    EXPECT_EQ(test.value("SELECT count(*) FROM change_log"), "5");
    EXPECT_TRUE(open.execute("ROLLBACK"));
    co_await prune_all(test, pool);
  });
}

TEST_F(ChangeLogTest, AfterACrashTheLogBeginsANewEpoch) {
  const auto epochs = "SELECT string_agg(epoch::text, ' ' ORDER BY topic) FROM change_log_topics";
  const auto before = value(epochs);
  EXPECT_EQ(value("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                  "WHERE relpersistence = 'u' AND relkind = 'r'"),
            "change_log change_log_topics node_reports")
      << "emptied by crash recovery";
  execute("TRUNCATE change_log, change_log_topics");
  with_pool([](PoolTest& test, Pool& pool) -> Task<void> {
    co_await store::begin_topics(pool, test.context, {"catalog", "stock"});
  });
  EXPECT_NE(value(epochs), before);
}

}  // namespace
}  // namespace souk::cache
