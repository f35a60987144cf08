#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "bulk/export.h"
#include "bulk/import.h"
#include "postgres/test_pool.h"

namespace souk::bulk {
namespace {

using postgres::Pool;
using postgres::PoolTest;
using runtime::Task;
using testing::ElementsAre;
using testing::StartsWith;

class BulkTest : public PoolTest {
 protected:
  BulkTest() {
    execute(
        "INSERT INTO categories (id, parent_id, name, slug) VALUES "
        "('00000000-0000-0000-0000-000000000001', NULL, 'Kitchen', 'kitchen'),"
        "('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', "
        "'Pots / pans', 'pots-pans')");
  }

  static Row row(std::string sku, std::optional<std::int64_t> stock = {}) {
    Row row{.number = 1, .sku = std::move(sku), .category = "Kitchen", .stock = stock};
    row.patch.name = "Thing " + row.sku;
    row.patch.price = Money{1999, *Currency::parse("EUR")};
    return row;
  }

  Summary import(std::vector<Row> rows, Mode mode = {}) {
    Summary summary;
    refused_.clear();
    loop.run_until_done(run(*this, std::move(rows), mode, summary));
    return summary;
  }
  static Task<void> run(BulkTest& test, std::vector<Row> rows, Mode mode, Summary& summary) {
    Pool pool(test.loop, test.registry, test.config);
    co_await pool.start();
    SystemClock clock;
    SystemRandom random;
    UuidGenerator ids(clock, random);
    Writer writer(pool, ids, test.registry, {});
    {
      auto import = co_await Import::begin(
          test.context, writer, mode, [&](const Row& row, const Problem& problem) {
            test.refused_.push_back(row.sku + ": " + problem.column + " " + problem.reason);
          });
      if (!import) {
        test.refused_.emplace_back(import.error().code.name());
      } else {
        if (!co_await import->add(test.context, rows)) test.refused_.emplace_back("too many rows");
        summary = co_await import->end(test.context);
      }
    }
    co_await pool.close();
  }

  static Task<void> export_all(BulkTest& test, std::vector<std::string>& shown,
                               std::int64_t& left_out) {
    Pool pool(test.loop, test.registry, test.config);
    co_await pool.start();
    {
      auto all = co_await Export::begin(pool, test.context);
      left_out = co_await all.left_out();
      for (auto page = co_await all.next(); !page.empty(); page = co_await all.next()) {
        for (const auto& one : page) {
          shown.push_back(*one.product.sku + " " + one.category + " " + std::to_string(one.stock));
        }
      }
    }
    co_await pool.close();
  }

  static std::vector<std::size_t> counts(const Summary& summary) {
    return {summary.outcomes.begin(), summary.outcomes.end()};
  }
  std::string state() {
    return value(
        "SELECT string_agg(sku || ' ' || name || ' ' || price || ' ' || products.version || ' ' || "
        "coalesce(quantity, -1), ', ' ORDER BY sku) FROM products LEFT JOIN product_stocks s "
        "ON s.product_id = products.id");
  }
  // Everything that a write leaves.
  std::string traces() {
    return value(
        "SELECT (SELECT count(*) FROM change_log) || ' ' || (SELECT count(*) FROM "
        "stock_movements) || ' ' || (SELECT string_agg(p.xmin::text || p.ctid::text || "
        "p.xmax::text, ' ' ORDER BY p.id) FROM products p) || ' ' || (SELECT string_agg("
        "s.xmin::text || s.ctid::text || s.xmax::text, ' ' ORDER BY s.product_id) FROM "
        "product_stocks s)");
  }

  std::vector<std::string> refused_;
};

TEST_F(BulkTest, ProductsAreCreatedChangedAndCounted) {
  EXPECT_THAT(counts(import({row("A", 5), row("B")})), ElementsAre(2, 0, 0, 0));
  EXPECT_EQ(state(), "A Thing A 1999 1 5, B Thing B 1999 1 -1");
  auto renamed = row("A");
  renamed.patch.name = "New";
  EXPECT_THAT(counts(import({renamed, row("B", 3)})), ElementsAre(0, 2, 0, 0));
  EXPECT_EQ(state(), "A New 1999 2 5, B Thing B 1999 1 3");
  EXPECT_EQ(value("SELECT string_agg(on_hand || reason, ' ' ORDER BY on_hand) FROM "
                  "stock_movements"),
            "3counted 5counted");
}

TEST_F(BulkTest, ARepetitionWritesNothing) {
  const std::vector<Row> rows = {row("A", 5), row("B", 0), row("C")};
  import(rows);
  const auto before = traces();
  EXPECT_THAT(counts(import(rows)), ElementsAre(0, 0, 3, 0));
  EXPECT_EQ(traces(), before);
}

TEST_F(BulkTest, ADryRunSaysTheSameAndWritesNothing) {
  import({row("A", 5)});
  const auto before = traces();
  auto bad = row("D");
  bad.category = "Garden";
  EXPECT_THAT(counts(import({row("A"), row("A"), row("B", 1), bad}, {.dry_run = true})),
              ElementsAre(1, 0, 1, 2));
  EXPECT_EQ(traces(), before);
}

TEST_F(BulkTest, NothingOfABadRowIsKeptAndTheOthersAreWritten) {
  import({row("A", 5)});
  execute("UPDATE product_stocks SET reserved = 4");
  auto below = row("A", 3);  // less than is reserved: its price must not change either
  below.patch.price = Money{1, *Currency::parse("EUR")};
  auto lost = row("B", 1);
  lost.category = "Kitchen/Nowhere";
  auto nameless = row("C", 1);
  nameless.patch.name.reset();
  auto cheap = row("D", 1);
  cheap.patch.price = Money{-1, *Currency::parse("EUR")};
  auto twice = row("E", 2);
  EXPECT_THAT(counts(import({below, lost, nameless, cheap, row("E", 1), twice, row(" F"),
                             row(std::string("G\0", 2))})),
              ElementsAre(1, 0, 0, 7));
  EXPECT_EQ(state(), "A Thing A 1999 1 5, E Thing E 1999 1 1");
  EXPECT_THAT(refused_, ElementsAre("A: stock must not be below what is reserved, 4",
                                    "B: category there is no such category",
                                    "C: name is needed for a new product",
                                    "D: price must be 0 to 1000000000000 in minor units",
                                    "E: sku an earlier row has the same",
                                    " F: sku must not begin or end with a space",
                                    StartsWith(std::string("G\0: sku must be a line", 22))));
}

TEST_F(BulkTest, CategoriesThatPathsLackAreMadeWithTheirProductsWhereAsked) {
  const auto at = [](std::string sku, std::string path) {
    auto made = row(std::move(sku));
    made.category = std::move(path);
    return made;
  };
  auto nameless = at("D", "Attic");
  nameless.patch.name.reset();
  const std::vector<Row> rows = {at("A", "kitchen/Kettles/Copper"), at("B", "Kitchen/Kettles"),
                                 at("C", "Garden/Sheds"), nameless, at("E", "Cellar/ /x")};
  const auto tree = [this] {
    return value(
        "SELECT string_agg(c.slug || ' in ' || coalesce(p.slug, '-') || ' ' || c.position, ', ' "
        "ORDER BY c.slug) FROM categories c LEFT JOIN categories p ON p.id = c.parent_id");
  };
  const auto before = tree();
  const auto tried = import(rows, {.creates_categories = true, .dry_run = true});
  EXPECT_THAT(counts(tried), ElementsAre(3, 0, 0, 2));
  EXPECT_EQ(tried.new_categories, 4);
  EXPECT_EQ(tree(), before);
  EXPECT_THAT(counts(import(rows)), ElementsAre(0, 0, 0, 5));
  EXPECT_EQ(tree(), before);

  const auto done = import(rows, {.creates_categories = true});
  EXPECT_THAT(counts(done), ElementsAre(3, 0, 0, 2));
  EXPECT_EQ(done.new_categories, 4);
  EXPECT_THAT(refused_, ElementsAre("D: name is needed for a new product",
                                    "E: category each part must have 1 to 100 characters"));
  EXPECT_EQ(tree(),
            "copper in kettles 0, garden in - 1, kettles in kitchen 1, kitchen in - 0, "
            "pots-pans in kitchen 0, sheds in garden 0");
  EXPECT_EQ(import(rows, {.creates_categories = true}).new_categories, 0);
  EXPECT_EQ(value("SELECT string_agg(sku || ' ' || slug, ', ' ORDER BY sku) FROM products JOIN "
                  "categories c ON c.id = category_id"),
            "A copper, B kettles, C sheds");
}

// As when another client has made it since the import has read them all.
TEST_F(BulkTest, ACategoryThatOnlyTheDatabaseRefusesCostsItsOwnRowsOnly) {
  execute("ALTER TABLE categories ADD CHECK (name <> 'Garden')");
  auto other = row("B");
  other.category = "Garden";
  auto third = row("C");
  third.category = "Cellar";
  EXPECT_THAT(counts(import({row("A"), other, third}, {.creates_categories = true})),
              ElementsAre(2, 0, 0, 1));
  EXPECT_THAT(refused_, ElementsAre("B:  the database does not take it"));
}

TEST_F(BulkTest, TheDatabaseHasOneImportAtATime) {
  auto other = database.connect();
  ASSERT_TRUE(
      other.execute("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('souk import', 0))"));
  EXPECT_EQ(import({row("A")}).rows, 0);
  EXPECT_THAT(refused_, ElementsAre("import_running"));
  ASSERT_TRUE(other.execute("ROLLBACK"));
  EXPECT_THAT(counts(import({row("A")})), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(counts(import({row("A")})), ElementsAre(0, 0, 1, 0));
}

// The database refuses what the rules know nothing of; the rest of its batch is written.
TEST_F(BulkTest, ARowThatOnlyTheDatabaseRefusesIsFoundInItsBatch) {
  execute("ALTER TABLE products ADD CHECK (name <> 'Thing 13')");
  std::vector<Row> rows;
  for (int i = 0; i < 40; ++i) rows.push_back(row(std::to_string(i), 1));
  EXPECT_THAT(counts(import(rows)), ElementsAre(39, 0, 0, 1));
  EXPECT_THAT(refused_, ElementsAre("13:  the database does not take it"));
}

// The import has found no product A and waits for the SKU that another client is about to take.
TEST_F(BulkTest, ASkuThatIsTakenMeanwhileIsAChange) {
  auto other = database.connect();
  ASSERT_TRUE(other.execute(
      "BEGIN; INSERT INTO products (id, sku, name, category_id, price, currency) SELECT "
      "gen_random_uuid(), 'A', 'Other', id, 1, 'EUR' FROM categories WHERE slug = 'kitchen'"));
  auto committed = std::async(std::launch::async, [&] {
    auto watcher = database.connect();
    for (;;) {
      const auto waiting = watcher.run(
          "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
          "AND wait_event_type = 'Lock'");
      if (!waiting || waiting->text(0, 0) != "0") break;
      std::this_thread::yield();
    }
    return other.execute("COMMIT");
  });
  EXPECT_THAT(counts(import({row("A", 5), row("B")})), ElementsAre(1, 1, 0, 0));
  EXPECT_TRUE(committed.get());
  EXPECT_EQ(state(), "A Thing A 1999 2 5, B Thing B 1999 1 -1");
}

TEST_F(BulkTest, ManyRowsAreBatchesOfBoundedSize) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < 2 * kMaxBatchRows + 1; ++i) {
    rows.push_back(row(std::to_string(i)));
    rows.back().category = "Cellar";
  }
  const auto done = import(rows, {.creates_categories = true});
  EXPECT_THAT(counts(done), ElementsAre(rows.size(), 0, 0, 0));
  EXPECT_EQ(done.new_categories, 1);
  EXPECT_EQ(value("SELECT count(DISTINCT xmin::text) FROM products"), "3");
}

TEST_F(BulkTest, AnExportHasEverythingWithASkuInItsOrder) {
  auto other = row("B", 2);
  other.category = "kitchen/pots-pans";
  import({row("a", 1), other, row("A")});
  execute(
      "INSERT INTO products (id, name, category_id, price, currency) SELECT "
      "gen_random_uuid(), 'X', id, 1, 'EUR' FROM categories WHERE slug = 'kitchen'");
  std::vector<std::string> shown;
  std::int64_t left_out = 0;
  loop.run_until_done(export_all(*this, shown, left_out));
  EXPECT_THAT(shown, ElementsAre("A Kitchen 0", "B Kitchen/pots-pans 2", "a Kitchen 1"));
  EXPECT_EQ(left_out, 1);
}

TEST(CategoryPaths, AreNamesOrSlugs) {
  const auto id = [](int n) {
    CategoryId category;
    category.value.bytes[15] = static_cast<std::uint8_t>(n);
    return category;
  };
  const CategoryPaths paths({{id(1), {}, "Kitchen", "kitchen"},
                             {id(2), id(1), "Kettles", "kitchen-kettles"},
                             {id(3), id(1), "Pots / pans", "pots"},
                             {id(4), {}, "Kettles", "all-kettles"}});
  EXPECT_EQ(paths.find("Kitchen/Kettles"), id(2));
  EXPECT_EQ(paths.find(" kitchen / kitchen-kettles"), id(2));
  EXPECT_EQ(paths.find("kitchen-kettles"), id(2));
  EXPECT_EQ(paths.find("Kettles"), id(4));
  EXPECT_EQ(paths.find("Kitchen/pots"), id(3));
  for (const auto* none : {"", "/", "Kitchen/", "/Kitchen", "kettles", "Kitchen/Kettles/Kettles",
                           "Kitchen/all-kettles", "Pots / pans"}) {
    EXPECT_EQ(paths.find(none), std::nullopt) << none;
  }
  EXPECT_EQ(paths.path_of(id(2)), "Kitchen/Kettles");
  EXPECT_EQ(paths.path_of(id(3)), "Kitchen/pots");
}

}  // namespace
}  // namespace souk::bulk
