#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "catalog/catalog.h"
#include "postgres/test_pool.h"

namespace souk::catalog {
namespace {

using postgres::Pool;
using postgres::PoolTest;
using postgres::TestDatabase;
using runtime::Task;

constexpr int kProducts = 40'000;

CategoryId category(int n) {
  CategoryId id;
  id.value.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

// A department with two categories, and products that cost their number: the newest are the
// dearest.
TestDatabase make_catalogue() {
  TestDatabase database;
  const auto filled = database.connect().execute(fmt::format(
      "INSERT INTO categories (id, parent_id, name, slug) VALUES "
      "('{0}', NULL, 'All', 'all'), ('{1}', '{0}', 'Odd', 'odd'), ('{2}', '{0}', 'Even', 'even');"
      "INSERT INTO products (id, name, category_id, price, currency, is_active) "
      "SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, "
      "'P' || n, CASE n % 2 WHEN 1 THEN '{1}' ELSE '{2}' END::uuid, n, 'EUR', "
      "n % 10 <> 0 FROM generate_series(1, {3}) n;"
      "ANALYZE",
      category(1).value.to_string(), category(2).value.to_string(), category(3).value.to_string(),
      kProducts));
  if (!filled) throw std::runtime_error(filled.error().detail);
  return database;
}

class CatalogTest : public PoolTest {
 protected:
  CatalogTest() : PoolTest(copy_of_the_catalogue()) {}

  static TestDatabase copy_of_the_catalogue() {
    static const auto catalogue = make_catalogue();  // filled once for all tests
    return TestDatabase::copy_of(catalogue);
  }

  struct Walk {
    std::vector<std::int64_t> prices;  // of every product met, in its order
    std::size_t pages = 0;
    std::string refused;  // why no page came
  };

  // Follows the cursors to the end.
  Walk walk(ProductQuery query) {
    Walk walk;
    loop.run_until_done(follow(*this, std::move(query), walk));
    return walk;
  }

  static Task<void> follow(CatalogTest& test, ProductQuery query, Walk& walk) {
    Pool pool(test.loop, test.registry, test.config);
    co_await pool.start();
    SystemClock clock;
    SystemRandom random;
    UuidGenerator ids(clock, random);
    telemetry::Log log(telemetry::LogLevel::kError, STDERR_FILENO, clock, test.registry);
    cache::HybridCache cache(test.shared_, nullptr, test.loop, test.registry, log, clock);
    Searches searches(pool, test.loop, test.registry, {}, 1);
    Catalog catalog(pool, cache, searches, ids);
    do {
      const auto found = co_await catalog.list(test.context, query);
      if (!found) walk.refused = found.error().fields.at(0).reason;
      if (!found) break;
      const ProductPage& page = **found;
      for (const auto& product : page.items) walk.prices.push_back(product.price.amount);
      ++walk.pages;
      query.after = page.next;
    } while (query.after);
    co_await cache.close();
    co_await pool.close();
  }

  runtime::Offload offload_{1, 10};
  cache::SharedCache shared_{{}, {"catalog"}, {}, offload_, registry};
};

std::vector<std::int64_t> descending(std::int64_t from, std::int64_t to, std::int64_t step = 1) {
  std::vector<std::int64_t> prices;
  for (auto price = from; price >= to; price -= step) {
    if (price % 10 != 0) prices.push_back(price);  // the tenth is not for sale
  }
  return prices;
}

TEST_F(CatalogTest, TheNewestOfAFewPricesComeInFullPages) {
  const auto found = walk({.min_price = 100, .max_price = 4'000, .limit = 100});
  EXPECT_EQ(found.prices, descending(4'000, 100));
  EXPECT_EQ(found.pages, (found.prices.size() + 99) / 100);
}

TEST_F(CatalogTest, APriceThatNothingHasIsOneEmptyPage) {
  const auto found = walk({.min_price = kProducts + 1});
  EXPECT_TRUE(found.prices.empty());
  EXPECT_EQ(found.pages, 1u);
}

// More than are sorted, and all of them beyond the products that one page looks at.
TEST_F(CatalogTest, TheNewestOfManyOldProductsAreMetOnceEachThoughPagesMayBeEmpty) {
  const auto found = walk({.max_price = 10'000, .limit = 100});
  EXPECT_EQ(found.prices, descending(10'000, 1));
}

TEST_F(CatalogTest, TheSameHoldsForADepartmentAndForACategory) {
  EXPECT_EQ(walk({.category = category(1), .max_price = 20'000, .limit = 100}).prices,
            descending(20'000, 1));
  EXPECT_EQ(walk({.category = category(2), .max_price = 15'001, .limit = 100}).prices,
            descending(15'001, 1, 2));
}

TEST_F(CatalogTest, ACursorDoesNotReachBeyondTheBoundsItComesWith) {
  constexpr auto kUp = ProductSort::kPriceAscending;
  constexpr auto kDown = ProductSort::kPriceDescending;
  using Prices = std::vector<std::int64_t>;
  const ProductQuery up{
      .min_price = 101, .max_price = 104, .sort = kUp, .after = ProductCursor{kUp, 7, {}}};
  EXPECT_EQ(walk(up).prices, (Prices{101, 102, 103, 104}));
  const ProductQuery down{
      .min_price = 101, .max_price = 104, .sort = kDown, .after = ProductCursor{kDown, 900, {}}};
  EXPECT_EQ(walk(down).prices, (Prices{104, 103, 102, 101}));
}

// 5 dollars and 500 yen stood side by side, and a bound of 100 was one of each.
TEST_F(CatalogTest, PricesAreComparedWithinOneCurrency) {
  constexpr auto kUp = ProductSort::kPriceAscending;
  const auto yen = Currency::parse("JPY");
  EXPECT_EQ(walk({.sort = kUp, .limit = 100}).prices.size(), kProducts * 9 / 10u)
      << "the shop's only currency need not be named";
  execute("UPDATE products SET currency = 'JPY' WHERE price IN (3, 7, 11, 38002)");
  for (const ProductQuery& query : {ProductQuery{.sort = kUp},
                                    {.min_price = 1},
                                    {.max_price = 9},
                                    {.category = category(1), .sort = kUp},
                                    {.search = "p7 ", .sort = ProductSort::kPriceDescending}}) {
    EXPECT_EQ(walk(query).refused, "must be one of EUR, JPY");
  }
  using Prices = std::vector<std::int64_t>;
  EXPECT_EQ(walk({.currency = yen, .sort = kUp, .limit = 2}).prices, (Prices{3, 7, 11, 38002}));
  EXPECT_EQ(walk({.currency = yen, .sort = ProductSort::kPriceDescending}).prices,
            (Prices{38002, 11, 7, 3}));
  EXPECT_EQ(walk({.category = category(2), .currency = yen, .sort = kUp}).prices,
            (Prices{3, 7, 11}));
  EXPECT_EQ(walk({.min_price = 4, .currency = yen}).prices, (Prices{38002, 11, 7}));
  EXPECT_EQ(walk({.currency = yen}).prices, (Prices{38002, 11, 7, 3}));
  EXPECT_EQ(walk({.search = "p7 ", .currency = yen}).prices, Prices{7});
  EXPECT_EQ(walk({.search = "p7 ", .currency = Currency::parse("EUR")}).prices, Prices{});
  EXPECT_EQ(walk({.max_price = 12, .currency = Currency::parse("EUR")}).prices,
            (Prices{12, 9, 8, 6, 5, 4, 2, 1}));
}

const ProductQuery kCheapest{.sort = ProductSort::kPriceAscending, .limit = 100};
constexpr auto kTwoCostYen = "UPDATE products SET currency = 'JPY' WHERE price IN (3, 7)";

TEST_F(CatalogTest, TheShopsOwnCurrencyIsComparedWhereNoneIsNamed) {
  execute(kTwoCostYen);
  execute("INSERT INTO shop (currency) VALUES ('JPY')");
  EXPECT_EQ(walk(kCheapest).prices, (std::vector<std::int64_t>{3, 7}));
}

TEST_F(CatalogTest, ACurrencyOfTheShopThatNoProductHasIsNotCompared) {
  execute("INSERT INTO shop (currency) VALUES ('JPY')");
  EXPECT_EQ(walk(kCheapest).prices.size(), kProducts * 9 / 10u);
}

TEST_F(CatalogTest, ACurrencyOfTheShopThatNoProductHasDoesNotDecideBetweenOthers) {
  execute(kTwoCostYen);
  execute("INSERT INTO shop (currency) VALUES ('USD')");
  EXPECT_EQ(walk(kCheapest).refused, "must be one of EUR, JPY");
}

class CategoryTest : public CatalogTest {
 protected:
  static std::string move(int child, int parent) {
    return fmt::format("UPDATE categories SET parent_id = '{}' WHERE id = '{}'",
                       category(parent).value.to_string(), category(child).value.to_string());
  }
  std::string refusal(const std::string& sql) {
    const auto done = database.connect().execute(sql);
    return done ? "" : done.error().detail;
  }
  void add_fourth() {
    execute("INSERT INTO categories (id, name, slug) VALUES ('" + category(4).value.to_string() +
            "', 'More', 'more')");
  }
  // Until it waits for a lock, or is done.
  void await_wait(const std::future<Result<>>& statement) {
    while (statement.wait_for(std::chrono::seconds(0)) != std::future_status::ready &&
           value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                 "AND wait_event_type = 'Lock'") != "1") {
      std::this_thread::yield();
    }
  }
  static constexpr auto kRefused = "would be below itself";
};

TEST_F(CategoryTest, ACategoryIsNeverBelowItself) {
  EXPECT_THAT(refusal(move(1, 2)), testing::HasSubstr(kRefused));
  EXPECT_THAT(refusal("UPDATE categories SET parent_id = CASE slug WHEN 'odd' THEN '" +
                      category(3).value.to_string() + "' ELSE '" + category(2).value.to_string() +
                      "' END::uuid WHERE slug <> 'all'"),
              testing::HasSubstr(kRefused));
  EXPECT_THAT(refusal("WITH ids AS (SELECT gen_random_uuid() a, gen_random_uuid() b) "
                      "INSERT INTO categories (id, parent_id, name, slug) "
                      "SELECT a, b, 'A', 'a' FROM ids UNION ALL SELECT b, a, 'B', 'b' FROM ids"),
              testing::HasSubstr(kRefused));
  EXPECT_EQ(refusal(move(2, 3)), "");
  EXPECT_THAT(refusal(move(3, 2)), testing::HasSubstr(kRefused));
}

TEST_F(CategoryTest, ANameCanBeSeenInItsLine) {
  const auto named = [this](std::string_view name) {
    return refusal(fmt::format("UPDATE categories SET name = '{}' WHERE slug = 'all'", name));
  };
  for (const auto* good : {"Tee & mehr", "東京", "שלום", "👍", "a\u00A0b"})
    EXPECT_EQ(named(good), "");
  for (const auto* bad : {"a\nb", "\u202Ea", " ", "\u200B", "\u3164", "\u00A0", "\u2800\uFEFF"}) {
    EXPECT_THAT(named(bad), testing::HasSubstr("categories_name_readable")) << bad;
  }
}

// 1 is below 2, and 3 below 4: the two moves have no row in common, and neither alone makes a loop.
TEST_F(CategoryTest, TwoMovesAtOnceMakeNoLoopEither) {
  add_fourth();
  for (const auto* isolation : {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}) {
    execute("UPDATE categories SET parent_id = NULL");
    execute(move(1, 2) + "; " + move(3, 4));
    const auto begin =
        fmt::format("BEGIN ISOLATION LEVEL {}; SELECT count(*) FROM categories; ", isolation);
    auto first = database.connect();
    auto second = database.connect();
    ASSERT_TRUE(first.execute(begin + move(2, 3)));
    auto moved = std::async(std::launch::async, [&] { return second.execute(begin + move(4, 1)); });
    await_wait(moved);
    ASSERT_TRUE(first.execute("COMMIT"));
    EXPECT_FALSE(moved.get()) << isolation;
  }
}

TEST_F(CategoryTest, AMoveThatWaitsForAnotherHoldsNoRowThatThatOneNeeds) {
  add_fourth();
  auto first = database.connect();
  auto second = database.connect();
  ASSERT_TRUE(first.execute("BEGIN; " + move(2, 3)));
  auto moved = std::async(std::launch::async, [&] {
    return second.execute("BEGIN; " + move(4, 1) + "; " + move(3, 1) + "; COMMIT");
  });
  await_wait(moved);
  EXPECT_TRUE(first.execute(move(4, 3) + "; COMMIT"));
  EXPECT_TRUE(moved.get());
}

}  // namespace
}  // namespace souk::catalog
