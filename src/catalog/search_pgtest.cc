#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "catalog/managed.h"
#include "catalog/searches.h"
#include "catalog/setup.h"
#include "postgres/test_pool.h"

namespace souk::catalog {
namespace {

using postgres::Pool;
using runtime::Task;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

using Names = std::vector<std::string>;

constexpr auto kCategory = "00000000-0000-0000-0000-000000000001";
constexpr auto kOtherCategory = "00000000-0000-0000-0000-000000000002";
constexpr auto kWaitForLocks =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND wait_event_type = 'Lock'";

class SearchTest : public postgres::PoolTest {
 public:
  explicit SearchTest(postgres::TestDatabase of_its_own = {}) : PoolTest(std::move(of_its_own)) {}

 protected:
  void SetUp() override {
    execute(
        fmt::format("INSERT INTO categories (id, name, slug) VALUES ('{}', 'A', 'a'), "
                    "('{}', 'B', 'b')",
                    kCategory, kOtherCategory));
  }

  // Returns its id. Its price is its number: the newest are the dearest.
  std::string add(std::string_view name, std::string_view description = "",
                  std::string_view sku = {}, std::string_view category = kCategory) {
    auto connection = database.connect();
    const auto id = fmt::format("{:08x}-0000-7000-8000-000000000000", ++products_);
    const auto added = connection.run(
        "INSERT INTO products (id, name, description, sku, category_id, price, currency) "
        "VALUES ($1, $2, $3, nullif($4, ''), $5, $6, 'EUR')",
        {id, std::string(name), std::string(description), std::string(sku), std::string(category),
         std::to_string(products_)});
    if (!added) throw std::runtime_error(added.error().detail);
    return id;
  }

  // The first pages of a list.
  std::vector<ProductPage> pages_of(ProductQuery query, std::size_t most) {
    std::vector<ProductPage> pages;
    loop.run_until_done(postgres::run_with_pool(*this, [&](SearchTest& test, Pool& pool) {
      return follow(test, pool, query, most, pages);
    }));
    return pages;
  }
  ProductPage page_of(ProductQuery query) { return pages_of(std::move(query), 1).at(0); }

  static Task<void> follow(SearchTest& test, Pool& pool, ProductQuery query, std::size_t most,
                           std::vector<ProductPage>& pages) {
    // Patient, for machines that are slower than a shop's.
    Searches searches(pool, test.loop, test.registry, {.timeout = std::chrono::minutes(1)}, 1);
    do {
      auto [rows, edge, bounded] = co_await searches.list(test.context, query);
      auto& page = pages.emplace_back();
      if (rows.size() > query.limit) {
        rows.resize(query.limit);
        page.next = ProductCursor{query.sort, rows.back().key, rows.back().product.id};
      } else {
        page.next = edge;
      }
      page.bounded = bounded || edge;
      for (auto& row : rows) page.items.push_back(std::move(row.product));
      query.after = page.next;
    } while (query.after && pages.size() < most);
  }

  Names names(ProductQuery query) {
    Names names;
    for (const auto& product : page_of(std::move(query)).items) names.push_back(product.name);
    return names;
  }
  Names found(std::string typed) {
    return names({.search = std::move(typed), .sort = ProductSort::kRelevance});
  }

  int products_ = 0;
};

TEST_F(SearchTest, WordsAreFoundInNameSkuAndDescriptionWhateverTheirCaseAccentsAndEndings) {
  add("Copper kettles", "Für Tee", "KET 7");
  add("Lamp", "As crème as a kettle");
  EXPECT_THAT(found("KETTLE "), ElementsAre("Copper kettles", "Lamp")) << "names come first";
  EXPECT_THAT(found("fur "), ElementsAre("Copper kettles"));
  EXPECT_THAT(found("Crème "), ElementsAre("Lamp"));
  EXPECT_THAT(found("creme kettles "), ElementsAre("Lamp"));
  EXPECT_THAT(found("ket "), ElementsAre("Copper kettles"));
  EXPECT_THAT(found("copper lamp "), IsEmpty());
  EXPECT_THAT(found("the kettle "), ElementsAre("Copper kettles", "Lamp"));
}

TEST_F(SearchTest, CodesAreFoundWholeAndTakenApart) {
  add("Filter", "", "AB-12/3");
  add("Pump for X.200-B", "Fits the RX-9000, version 1.5");
  for (const auto* typed : {"AB-12/3 ", "ab12/3 ", "ab 12 3 ", "AB123 ", "12 ", "ab-12 "}) {
    EXPECT_THAT(found(typed), ElementsAre("Filter")) << typed;
  }
  for (const auto* typed : {"x.200-b ", "X200B ", "200 ", "RX-9000 ", "rx9000 ", "9000 ", "1.5 "}) {
    EXPECT_THAT(found(typed), ElementsAre("Pump for X.200-B")) << typed;
  }
}

TEST_F(SearchTest, TheLastWordMayBeTheBeginningOfAWordOfANameOrSku) {
  add("iPhone 15", "", "QX-77");
  add("Case", "For an iPhone");
  EXPECT_THAT(found("iPho"), ElementsAre("iPhone 15"));
  EXPECT_THAT(found("15 iPho"), ElementsAre("iPhone 15"));
  EXPECT_THAT(found("qx7"), ElementsAre("iPhone 15"));
  EXPECT_THAT(found("\"iPho\""), IsEmpty());
  add("Ipho", "");
  EXPECT_THAT(found("ipho "), ElementsAre("Ipho")) << "a whole word is there";
  EXPECT_THAT(found("ipho"), ElementsAre("Ipho", "iPhone 15"));
}

// Each would stand for a large part of all words.
TEST_F(SearchTest, FewWordsOfOneOrTwoCharactersAreTakenForBeginnings) {
  const auto beginnings = [this](const std::string& terms, const std::string& kinds) {
    return value(
        fmt::format("SELECT regexp_count(named::text, ':\\*') FROM search_query(ARRAY[{}], "
                    "ARRAY[{}], true)",
                    terms, kinds));
  };
  EXPECT_EQ(beginnings("'a-b-c-d'", "9"), "1") << "the code as a whole, and no letter";
  EXPECT_EQ(beginnings("'ab','cd','ef','gh'", "1,0,0,8"), "2");
  EXPECT_EQ(beginnings("'人','大','小','山'", "1,0,0,8"), "2");
  EXPECT_EQ(beginnings("'abc','def','ghi','jkl'", "1,0,0,8"), "4");
}

TEST_F(SearchTest, TypingErrorsAreForgivenWhereNothingMatches) {
  add("Copper kettle");
  add("Walnut board", "Nothing about ketle");
  EXPECT_THAT(found("coper ketlte "), ElementsAre("Copper kettle"));
  EXPECT_THAT(found("wallnut"), ElementsAre("Walnut board"));
  EXPECT_THAT(found("wal boa "), ElementsAre("Walnut board"));
  EXPECT_THAT(found("ketle "), ElementsAre("Walnut board")) << "as typed, it matches";
  EXPECT_THAT(found("\"wallnut\""), IsEmpty());
  EXPECT_THAT(found("unheardof"), IsEmpty());
  EXPECT_THAT(found("kettle zeppelin"), IsEmpty());
}

TEST_F(SearchTest, TextWithoutSpacesIsFoundByAnyPartOfIt) {
  add("東京都の地図");
  add("京都の傘", "雨の日に");
  add("한국어 사전");
  EXPECT_THAT(found("東京"), ElementsAre("東京都の地図"));
  EXPECT_THAT(found("京都"), UnorderedElementsAre("東京都の地図", "京都の傘"));
  EXPECT_THAT(found("地"), ElementsAre("東京都の地図"));
  EXPECT_THAT(found("図"), ElementsAre("東京都の地図")) << "the last one";
  EXPECT_THAT(found("傘\u3000京都"), ElementsAre("京都の傘"));
  EXPECT_THAT(found("雨の日"), ElementsAre("京都の傘"));
  EXPECT_THAT(found("\"京都の\""), UnorderedElementsAre("東京都の地図", "京都の傘"));
  EXPECT_THAT(found("都京"), IsEmpty());
  EXPECT_THAT(found("국어"), ElementsAre("한국어 사전"));
}

TEST_F(SearchTest, TheSameTextInOtherCodePointsIsTheSame) {
  add("Cafe\u0301 \uFF21\uFF22\uFF11\uFF12", "\uFB01ne \u00BD");  // decomposed; fullwidth AB12
  EXPECT_EQ(found("Caf\u00E9 ").size(), 1u);
  EXPECT_EQ(found("cafe\u0301 ").size(), 1u);
  EXPECT_EQ(found("AB12 ").size(), 1u);
  EXPECT_EQ(found("fine ").size(), 1u);
  EXPECT_EQ(found("\uFF43\uFF41\uFF46\uFF45 ").size(), 1u);
}

TEST_F(SearchTest, ADashBetweenSpacesExcludesNothing) {
  add("Red lamp");
  add("Lamp");
  EXPECT_THAT(found("lamp - red "), ElementsAre("Red lamp"));
  EXPECT_THAT(found("lamp -red "), ElementsAre("Lamp"));
  EXPECT_THAT(found("lamp -\"red lamp\" "), ElementsAre("Lamp"));
  EXPECT_THAT(found("-red "), IsEmpty()) << "nothing was asked for";
  EXPECT_THAT(found(" - "), IsEmpty());
}

TEST_F(SearchTest, AlternativesAndPhrases) {
  add("Dark red lamp");
  add("Red dark lamp");
  add("Chair");
  EXPECT_THAT(found("\"dark red\""), ElementsAre("Dark red lamp"));
  EXPECT_THAT(found("chair or \"dark red\""), UnorderedElementsAre("Chair", "Dark red lamp"));
  EXPECT_THAT(found("chair or lamp -\"dark red\""), UnorderedElementsAre("Chair", "Red dark lamp"));
}

TEST_F(SearchTest, WordsThatSayLittleCountWhereThereAreNoOthers) {
  add("The Who", "A band");
  add("Kettle", "The one");
  EXPECT_THAT(found("the who "), ElementsAre("The Who"));
  EXPECT_THAT(found("\"the who\" "), ElementsAre("The Who"));
}

TEST_F(SearchTest, TheProductWhoseWholeNameOrSkuIsTypedComesFirst) {
  add("Tea", "", "LAMP-1");
  add("Lamp", "A light");
  for (int n = 0; n < 5; ++n) add("Lamp lamp lamp", "A lamp, a lamp, tea-lamp 1");
  EXPECT_EQ(found("lamp").front(), "Lamp");
  EXPECT_EQ(found("LAMP").front(), "Lamp");
  EXPECT_EQ(found("lamp-1").front(), "Tea");
  EXPECT_EQ(found("lamp 1").front(), "Tea");
}

TEST_F(SearchTest, FiltersAreCombined) {
  const auto first = add("Lamp one");
  const auto second = add("Lamp two");
  add("Lamp three", "", "", kOtherCategory);
  const auto other = add("Chair");
  execute(
      fmt::format("INSERT INTO product_stocks (product_id, quantity, reserved) VALUES "
                  "('{}', 5, 4), ('{}', 5, 5), ('{}', 1, 0)",
                  first, second, other));
  const auto id = [](const std::string& text) { return ProductId{*Uuid::parse(text)}; };
  EXPECT_THAT(names({.search = "lamp", .in_stock = true}), ElementsAre("Lamp one"));
  EXPECT_THAT(names({.in_stock = true}), ElementsAre("Chair", "Lamp one"));
  EXPECT_THAT(names({.category = CategoryId{*Uuid::parse(kOtherCategory)}, .search = "lamp"}),
              ElementsAre("Lamp three"));
  EXPECT_THAT(names({.search = "lamp", .min_price = 2}), ElementsAre("Lamp three", "Lamp two"));
  EXPECT_THAT(names({.ids = {id(first), id(other)}}), ElementsAre("Chair", "Lamp one"));
  EXPECT_THAT(names({.search = "lamp", .ids = {id(first), id(other)}}), ElementsAre("Lamp one"));
  EXPECT_THAT(names({.ids = {id(second), id(other)}, .in_stock = true}), ElementsAre("Chair"));
  EXPECT_THAT(names({.ids = {id(second), id(other)},
                     .currency = Currency::parse("EUR"),
                     .sort = ProductSort::kPriceAscending}),
              ElementsAre("Lamp two", "Chair"));
  execute("UPDATE products SET is_active = false WHERE name = 'Chair'");
  EXPECT_THAT(names({.in_stock = true}), ElementsAre("Lamp one"));
  EXPECT_THAT(names({.ids = {id(other)}}), IsEmpty());
}

// More than are all sorted, and so many that an index is not asked. The rare word is the oldest and
// cheapest product's.
class BigSearchTest : public SearchTest {
 protected:
  static constexpr int kMany = 25'000;

  BigSearchTest() : SearchTest(copy()) { products_ = kMany; }
  void SetUp() override {}

  static postgres::TestDatabase copy() {
    static const auto big = [] {
      postgres::TestDatabase database;
      const auto filled = database.connect().execute(fmt::format(
          "INSERT INTO categories (id, name, slug) VALUES ('{0}', 'A', 'a'), ('{1}', 'B', 'b');"
          "INSERT INTO products (id, name, description, category_id, price, currency) SELECT "
          "(lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, "
          "CASE WHEN n = 1 THEN 'Unique' ELSE 'Lamp ' || n END, "
          "'A light' || CASE WHEN n % 10 = 0 THEN ' tenth' ELSE '' END "
          "|| CASE WHEN n < 100 THEN ' bulb glass' ELSE ' glass bulb' END, "
          "CASE WHEN n <= 30 THEN '{1}' ELSE '{0}' END::uuid, n, 'EUR' "
          "FROM generate_series(1, {2}) n",
          kCategory, kOtherCategory, kMany));
      if (!filled) throw std::runtime_error(filled.error().detail);
      if (const auto done = database.connect().execute("VACUUM ANALYZE"); !done) {
        throw std::runtime_error(done.error().detail);
      }
      return database;
    }();
    return postgres::TestDatabase::copy_of(big);
  }

  struct Walk {
    std::vector<std::int64_t> prices;
    bool bounded = false;
  };
  Walk walk(ProductQuery query, std::size_t pages_most = 100) {
    Walk walk;
    query.limit = 100;
    for (const auto& page : pages_of(query, pages_most)) {
      for (const auto& product : page.items) walk.prices.push_back(product.price.amount);
      walk.bounded = walk.bounded || page.bounded;
      EXPECT_TRUE(page.bounded || page.items.size() == query.limit || !page.next)
          << "a short page says that it is";
    }
    return walk;
  }
  static std::vector<std::int64_t> numbers(int from, int to, int step = 1) {
    std::vector<std::int64_t> numbers;
    for (int n = from; step > 0 ? n <= to : n >= to; n += step) numbers.push_back(n);
    return numbers;
  }
  const std::optional<Currency> euro = Currency::parse("EUR");
};

TEST_F(BigSearchTest, TheNewestAndTheCheapestAreExactHoweverManyMatch) {
  EXPECT_EQ(walk({.search = "light"}, 3).prices, numbers(kMany, kMany - 299, -1));
  EXPECT_EQ(
      walk({.search = "light", .currency = euro, .sort = ProductSort::kPriceAscending}, 3).prices,
      numbers(1, 300));
  EXPECT_EQ(
      walk({.search = "light", .currency = euro, .sort = ProductSort::kPriceDescending}, 3).prices,
      numbers(kMany, kMany - 299, -1));
  EXPECT_EQ(walk({.search = "tenth "}).prices, numbers(kMany, 10, -10));
}

TEST_F(BigSearchTest, APageThatEndsBeforeTheListSaysSoAndLeavesNothingOut) {
  // All products have both words, the oldest alone in this order: far more is read than a page.
  const ProductQuery phrase{.search = "\"bulb glass\""};
  const auto first = page_of(phrase);
  EXPECT_THAT(first.items, IsEmpty());
  EXPECT_TRUE(first.bounded);
  EXPECT_TRUE(first.next);
  EXPECT_EQ(walk(phrase).prices, numbers(99, 1, -1));
  EXPECT_EQ(
      walk({.search = "\"bulb glass\"", .currency = euro, .sort = ProductSort::kPriceDescending})
          .prices,
      numbers(99, 1, -1));
  EXPECT_EQ(
      walk({.category = CategoryId{*Uuid::parse(kCategory)}, .search = "\"bulb glass\""}).prices,
      numbers(99, 31, -1));
  EXPECT_EQ(walk({.category = CategoryId{*Uuid::parse(kCategory)},
                  .search = "\"bulb glass\"",
                  .currency = euro,
                  .sort = ProductSort::kPriceAscending})
                .prices,
            numbers(31, 99));
}

TEST_F(BigSearchTest, RelevanceOfMoreThanAreSortedIsBoundedAndSaysSo) {
  const auto page = page_of({.search = "light", .sort = ProductSort::kRelevance});
  EXPECT_TRUE(page.bounded);
  EXPECT_EQ(page.items.size(), kDefaultPageSize);
  EXPECT_EQ(page.items.front().price.amount, kMany) << "the newest are among them";
  const auto exact = page_of({.search = "lamp 77", .sort = ProductSort::kRelevance});
  EXPECT_EQ(exact.items.front().name, "Lamp 77");
  execute("UPDATE products SET name = 'Light' WHERE price = 2");
  EXPECT_EQ(page_of({.search = "light", .sort = ProductSort::kRelevance}).items.front().name,
            "Light")
      << "of the oldest products, but it was named";
}

TEST_F(BigSearchTest, InASmallCategoryAllAreSortedHoweverManyMatchElsewhere) {
  const CategoryId small{*Uuid::parse(kOtherCategory)};
  const auto page = page_of(
      {.category = small, .search = "light", .sort = ProductSort::kRelevance, .limit = 100});
  EXPECT_FALSE(page.bounded);
  EXPECT_EQ(page.items.size(), 30u);
  EXPECT_EQ(walk({.category = small, .search = "light"}).prices, numbers(30, 1, -1));
}

TEST_F(BigSearchTest, WhatIsInStockIsMetOnceInOrder) {
  execute(
      "INSERT INTO product_stocks (product_id, quantity) "
      "SELECT id, (price % 5000 = 0)::integer FROM products");
  EXPECT_EQ(walk({.in_stock = true}).prices, numbers(kMany, 5'000, -5'000));
  EXPECT_EQ(walk({.in_stock = true, .currency = euro, .sort = ProductSort::kPriceAscending}).prices,
            numbers(5'000, kMany, 5'000));
}

TEST_F(SearchTest, TheIndexIsKeptByAnyWriterAndOnlyForWhatIsSearched) {
  const auto id = add("Lamp");
  execute("UPDATE products SET name = 'Chair', search = 'lamp' WHERE id = '" + id + "'");
  EXPECT_THAT(found("chair"), ElementsAre("Chair"));
  EXPECT_THAT(found("lamp"), IsEmpty());
  // As a restore of data only does.
  execute("SET search_path = ''; UPDATE public.products SET name = 'Table' WHERE id = '" + id +
          "'");
  EXPECT_THAT(found("table"), ElementsAre("Table"));
  execute(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE 'indexed anew'; END $$; "
      "DROP TRIGGER index_changed ON products; "
      "CREATE TRIGGER index_changed BEFORE UPDATE ON products FOR EACH ROW WHEN "
      "((OLD.name, OLD.sku, OLD.description) IS DISTINCT FROM (NEW.name, NEW.sku, "
      "NEW.description) OR NEW.search IS NULL) EXECUTE FUNCTION refuse()");
  execute("UPDATE products SET name = name, price = 7 WHERE id = '" + id + "'");
}

TEST_F(SearchTest, AChangeOfTheLanguageIndexesAllAnewAndChangesNoProduct) {
  add("Haus");
  EXPECT_THAT(found("\"Häuser\""), IsEmpty());
  auto connection = database.connect();
  const auto versions =
      "SELECT string_agg(id || ' ' || version || ' ' || updated_at, ',') "
      "FROM products";
  const auto before = value(versions);
  execute("DELETE FROM change_log");
  ASSERT_TRUE(set_search_language(connection, "german"));
  EXPECT_THAT(found("\"Häuser\""), ElementsAre("Haus"));
  EXPECT_EQ(value(versions), before);
  EXPECT_EQ(value("SELECT string_agg(DISTINCT tag, ',') FROM change_log"), "search");
  EXPECT_EQ(value("SELECT language || coalesce(indexed_to::text, '') FROM search_settings"),
            "german");
  const auto unknown = set_search_language(connection, "klingon");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().detail, testing::HasSubstr("knows: ")) << unknown.error().detail;
  ASSERT_TRUE(set_search_language(connection, ""));
  EXPECT_EQ(value("SELECT language FROM search_settings"), "german");
}

TEST_F(SearchTest, AnIndexingThatWasInterruptedIsContinued) {
  add("Lamp");
  add("Chair");
  execute(
      "ALTER TABLE products DISABLE TRIGGER index_changed; "
      "UPDATE products SET search = NULL; "
      "ALTER TABLE products ENABLE TRIGGER index_changed; "
      "UPDATE search_settings SET indexed_to = '00000001-0000-7000-8000-000000000000'");
  EXPECT_THAT(found("chair"), IsEmpty());
  auto connection = database.connect();
  ASSERT_TRUE(set_search_language(connection, ""));
  EXPECT_THAT(found("chair"), ElementsAre("Chair"));
  EXPECT_THAT(found("lamp"), IsEmpty()) << "it was before the last that was indexed";
}

// Each column but the vector is what is read of a product.
TEST_F(SearchTest, EveryColumnButTheVectorRaisesTheVersion) {
  EXPECT_EQ(value("SELECT string_agg(attname, ',') FROM pg_attribute a "
                  "WHERE attrelid = 'products'::regclass AND attnum > 0 AND NOT attisdropped "
                  "AND NOT attnum = ANY ((SELECT tgattr::int2[] FROM pg_trigger "
                  "WHERE tgrelid = 'products'::regclass AND tgname = 'raise_version')::int2[])"),
            "search");
}

Task<void> ask(Searches& searches, ProductQuery query, std::map<std::string, int>& outcomes) {
  runtime::Context context;
  try {
    const auto listing = co_await searches.list(context, query);
    ++outcomes["answered"];
  } catch (const SearchRefused& refused) {
    ++outcomes[refused.what()];
  }
}

TEST_F(SearchTest, SearchesBeyondTheLimitWaitAndThenAreRefused) {
  add("Lamp");
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<SearchTest&>(base);
    Searches searches(pool, test.loop, test.registry,
                      {.max_running = 1, .max_waiting = 1, .timeout = std::chrono::minutes(1)}, 1);
    auto gate = test.database.connect();
    EXPECT_TRUE(gate.execute("BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE"));
    std::map<std::string, int> outcomes;
    runtime::Scope scope(test.loop);
    for (int n = 0; n < 3; ++n) scope.spawn(ask(searches, {.search = "lamp"}, outcomes));
    co_await test.until(kWaitForLocks, "1");
    EXPECT_THAT(outcomes, ElementsAre(Pair("too many searches are running", 1)))
        << "one runs, one waits";
    EXPECT_TRUE(gate.execute("COMMIT"));
    co_await scope.join();
    EXPECT_THAT(outcomes,
                ElementsAre(Pair("answered", 2), Pair("too many searches are running", 1)));
  });
}

TEST_F(SearchTest, ASearchEndsInTheDatabaseAtItsOwnTimeout) {
  add("Lamp");
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<SearchTest&>(base);
    Searches searches(pool, test.loop, test.registry, {.timeout = std::chrono::milliseconds(10)},
                      1);
    auto gate = test.database.connect();
    EXPECT_TRUE(gate.execute("BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE"));
    std::map<std::string, int> outcomes;
    co_await ask(searches, {.search = "lamp"}, outcomes);
    EXPECT_THAT(outcomes, ElementsAre(Pair("the search took too long", 1)));
    co_await test.until(kWaitForLocks, "0");
  });
}

TEST_F(SearchTest, AdministratorsFindTheSame) {
  add("Lamp", "", "AB-12");
  execute("UPDATE products SET is_active = false");
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    Managed managed(pool);
    const auto page = co_await managed.list(base.context, {.search = "ab12"});
    EXPECT_EQ(page->items.size(), 1u);
    EXPECT_THAT((co_await managed.list(base.context, {.search = "chair"}))->items, IsEmpty());
  });
}

}  // namespace
}  // namespace souk::catalog
