#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "postgres/test_pool.h"

namespace souk::catalog {
namespace {

using postgres::Pool;
using postgres::PoolTest;
using runtime::Task;

constexpr int kProducts = 40'000;

CategoryId category(int n) {
  CategoryId id;
  id.value.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

// A department with two categories, and products that cost their number: the newest are the
// dearest.
class CatalogTest : public PoolTest {
 protected:
  CatalogTest() {
    config.conninfo = database.migrated().conninfo();
    execute(
        fmt::format("INSERT INTO categories (id, parent_id, name, slug) VALUES "
                    "('{0}', NULL, 'All', 'all'), ('{1}', '{0}', 'Odd', 'odd'), "
                    "('{2}', '{0}', 'Even', 'even')",
                    category(1).value.to_string(), category(2).value.to_string(),
                    category(3).value.to_string()));
    execute(
        fmt::format("INSERT INTO products (id, name, category_id, price, currency, is_active) "
                    "SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, "
                    "'P' || n, CASE n % 2 WHEN 1 THEN '{}' ELSE '{}' END::uuid, n, 'EUR', "
                    "n % 10 <> 0 FROM generate_series(1, {}) n",
                    category(2).value.to_string(), category(3).value.to_string(), kProducts));
    execute("ANALYZE");
  }

  struct Walk {
    std::vector<std::int64_t> prices;  // of every product met, in its order
    std::size_t pages = 0;
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
    cache::HybridCache cache(test.shared_, nullptr, test.loop, test.registry, clock);
    const Names names;
    Catalog catalog(pool, cache, names, ids);
    do {
      const auto page = co_await catalog.page(test.context, query);
      for (const auto& product : page->items) walk.prices.push_back(product.price.amount);
      ++walk.pages;
      query.after = page->next;
    } while (query.after);
    co_await cache.close();
    co_await pool.close();
  }

  struct Names final : Presentation {
    cache::Document product(const Product& product) const override { return {product.name}; }
    cache::Document page(const ProductPage&) const override { return {}; }
    cache::Document categories(const std::vector<Category>&) const override { return {}; }
  };
  runtime::Offload offload_{1, 10};
  cache::SharedCache shared_{
      {}, {"catalog"}, [](std::string_view) { return cache::Content(); }, offload_, registry};
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

}  // namespace
}  // namespace souk::catalog
