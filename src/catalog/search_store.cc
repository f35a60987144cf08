#include "catalog/search_store.h"

#include <array>
#include <limits>
#include <optional>

#include "catalog/product_row.h"
#include "catalog/search_terms.h"

namespace souk::catalog::search_store {
namespace {

using postgres::Rows;
using postgres::Statement;
using runtime::Context;
using runtime::Task;
using store::Listed;
using store::Listing;
using Kind = postgres::Statement::Kind;

#define SOUK_TREE                                      \
  "WITH RECURSIVE tree(id) AS (SELECT $1::uuid UNION " \
  "SELECT c.id FROM categories c JOIN tree ON c.parent_id = tree.id), "
#define SOUK_NO_TREE "WITH tree AS (SELECT $1::uuid AS id), "
#define SOUK_ASKED "asked AS MATERIALIZED (SELECT * FROM search_query($2, $3, $4)), "
#define SOUK_MATCHES "p.search @@ (SELECT matching FROM asked)"
#define SOUK_IN_STOCK(id, wanted)                           \
  "(NOT " wanted                                            \
  "::boolean OR EXISTS (SELECT FROM product_stocks s WHERE" \
  " s.product_id = " id " AND s.quantity > s.reserved))"

// Products with their key in the order $5, descending. Of relevance: first the product whose name
// or SKU was typed, then those whose names match.
#define SOUK_CANDIDATES(products)                                                              \
  "SELECT p.id, p.price, p.currency, p.category_id, "                                          \
  "p.is_active AND (cardinality($2) = 0 OR " SOUK_MATCHES                                      \
  ") AS matches, "                                                                             \
  "CASE $5::integer WHEN 0 THEN 0 WHEN 1 THEN -p.price WHEN 2 THEN p.price ELSE "              \
  "CASE WHEN p.search @@ (SELECT exact FROM asked) THEN 4 ELSE 0 END + "                       \
  "CASE WHEN p.search @@ (SELECT named FROM asked) THEN 2 ELSE 0 END + "                       \
  "ts_rank('{0.1,0.1,0.6,1}', p.search, (SELECT matching FROM asked), 32) END::float8 AS key " \
  "FROM " products

// $6, $7: the bounds of the price; $8: the currency; $9: in stock; $10, $11: the cursor's key and
// id; $12: rows.
#define SOUK_PAGE \
  "page AS (SELECT DISTINCT c.id, c.key FROM chosen c WHERE c.matches "                         \
  "AND c.price BETWEEN $6 AND $7 AND (c.currency = $8::char(3)) IS NOT FALSE "                  \
  "AND ($1::uuid IS NULL OR c.category_id IN (SELECT id FROM tree)) AND " SOUK_IN_STOCK("c.id", \
                                                                                        "$9")   \
  " AND (c.key, c.id) < ($10::float8, $11::uuid) ORDER BY c.key DESC, c.id DESC LIMIT $12) "    \
  "SELECT few.are, EXISTS (SELECT FROM chosen WHERE matches), found.* FROM few LEFT JOIN "      \
  "LATERAL (SELECT " SOUK_PRODUCT_COLUMNS ", page.key FROM page JOIN products p USING (id)) "   \
  "found ON true ORDER BY found.key DESC, found.id DESC"

// A sample of the table tells whether the index would find more than it is worth asking for: it
// builds the set of all matches before it returns the first. If it finds at most kMaxMatches, or if
// the category has no more products, all are sorted. Else a page by relevance is chosen among the
// product that was typed, kMaxMatches with matching names, and the newest; other orders are left to
// the statements below.
#define SOUK_RANKED_OF_MANY "(SELECT NOT are FROM few) AND $5::integer = 3 "
constexpr Statement kSearch{
    .name = "catalog.search",
    .sql = SOUK_TREE SOUK_ASKED
    "sampled AS MATERIALIZED (SELECT size / 64.0 * "
    "count(*) FILTER (WHERE p.search @@ (SELECT wide FROM asked)) < 20000 AS is_rare, size / 64.0 "
    "* count(*) FILTER (WHERE p.search @@ (SELECT named FROM asked)) < 20000 AS is_rarely_named "
    "FROM (SELECT greatest(64, pg_relation_size('products') / 8192) AS size) pages LEFT JOIN "
    "products p TABLESAMPLE SYSTEM (6400.0 / greatest(64, pg_relation_size('products') / 8192)) "
    "REPEATABLE (0) ON true GROUP BY size), "
    "found AS MATERIALIZED (" SOUK_CANDIDATES(
        "products p WHERE (SELECT is_rare FROM sampled) AND p.search @@ (SELECT wide FROM asked) "
        "LIMIT 2001") "), "
    "all_found AS MATERIALIZED (SELECT (SELECT is_rare FROM sampled) "
    "AND (SELECT count(*) FROM found) <= 2000 AS are), "
    "members AS MATERIALIZED (SELECT m.id FROM tree CROSS JOIN LATERAL ("
    "SELECT p.id FROM products p WHERE (SELECT NOT are FROM all_found) AND p.category_id = tree.id "
    "AND p.is_active LIMIT 2001) m LIMIT 2001), "
    "few AS MATERIALIZED (SELECT are OR $1::uuid IS NOT NULL "
    "AND (SELECT count(*) FROM members) <= 2000 AS are FROM all_found), "
    "chosen AS MATERIALIZED (SELECT * FROM found WHERE (SELECT are FROM all_found) "
    "UNION ALL " SOUK_CANDIDATES(
        "products p WHERE (SELECT are FROM few) AND p.id IN (SELECT id FROM members)")
    " UNION ALL (" SOUK_CANDIDATES(
        "products p WHERE " SOUK_RANKED_OF_MANY "AND (SELECT is_rarely_named FROM sampled) "
        "AND p.search @@ (SELECT named FROM asked) LIMIT 2000")
    ") UNION ALL (" SOUK_CANDIDATES(
        "products p WHERE " SOUK_RANKED_OF_MANY "AND p.search @@ (SELECT exact FROM asked) "
        "LIMIT 100")
    ") UNION ALL " SOUK_CANDIDATES(
        "(SELECT * FROM products WHERE " SOUK_RANKED_OF_MANY "AND $1::uuid IS NULL "
        "ORDER BY id DESC LIMIT 2000) p")
    " UNION ALL " SOUK_CANDIDATES(
        "tree CROSS JOIN LATERAL (SELECT * FROM products WHERE " SOUK_RANKED_OF_MANY
        "AND category_id = tree.id AND is_active ORDER BY id DESC LIMIT 100) p")
    "), " SOUK_PAGE,
    .kind = Kind::kScan,
    .index = "idx_products_search"};
static_assert(kMaxMatches == 2'000, "the statement above says so too");

// $13: the ids.
constexpr Statement kAmong{.name = "catalog.among",
                           .sql = SOUK_TREE SOUK_ASKED
                           "few AS (SELECT true AS are), chosen AS MATERIALIZED (" SOUK_CANDIDATES(
                               "products p WHERE p.id = ANY($13::uuid[])") "), " SOUK_PAGE,
                           .kind = Kind::kScan,
                           .index = "products_pkey"};

// A page of products that match, in the order of an index. kMaxTested products are read (of each
// category its share, at most kMaxTestedInCategory). A page that is not full then ends where the
// first of these scans ended, the edge, and the next page starts there. $5, $6: the bounds of the
// price; $7: the currency; $8: in stock; $9: rows; $10: the id of the product to start after, $11:
// its price. The LIMIT that is a constant is the planner's, as in store.cc.
#define SOUK_WALK(tree, range, order, within, key, most, share)                                    \
  tree SOUK_ASKED                                                                                  \
      "share AS MATERIALIZED (SELECT " share                                                       \
      " AS tested FROM tree), "                                                                    \
      "page AS MATERIALIZED (SELECT tree.id AS category, m.* FROM tree "                           \
      "CROSS JOIN LATERAL (SELECT p.id, p.price FROM (SELECT * FROM (SELECT p.id, "                \
      "p.price, p.currency, p.is_active, p.search FROM products p WHERE " range " ORDER BY " order \
      " LIMIT " most ") p ORDER BY " order                                                         \
      " LIMIT (SELECT tested FROM share)) p "                                                      \
      "WHERE p.is_active AND (cardinality($2) = 0 OR " SOUK_MATCHES                                \
      ") AND p.price BETWEEN $5 AND $6 "                                                           \
      "AND (p.currency = $7::char(3)) IS NOT FALSE AND " SOUK_IN_STOCK(                            \
          "p.id", "$8") " ORDER BY " order                                                         \
                        " LIMIT 101) m), "                                                         \
                        "edge AS MATERIALIZED (SELECT p.* FROM tree CROSS JOIN LATERAL (SELECT * " \
                        "FROM (SELECT p.id, p.price FROM products p WHERE "                        \
                        "(SELECT count(*) FROM page WHERE page.category IS NOT DISTINCT FROM "     \
                        "tree.id) < 101 AND " range " ORDER BY " order " LIMIT " most              \
                        ") p OFFSET (SELECT tested - 1 FROM share) LIMIT 1) p ORDER BY " order     \
                        " LIMIT 1), "                                                              \
                        "kept AS (SELECT p.id FROM page p WHERE (" within                          \
                        " FROM edge)) IS NOT FALSE ORDER BY " order                                \
                        " LIMIT $9) "                                                              \
                        "SELECT edge.id, edge.price, found.* FROM (SELECT (SELECT id FROM edge) "  \
                        "AS id, (SELECT price FROM edge) AS price) edge LEFT JOIN LATERAL "        \
                        "(SELECT " SOUK_PRODUCT_COLUMNS ", " key                                   \
                        "::float8 FROM kept JOIN products p USING (id) ORDER BY " order            \
                        ") found ON true"
#define SOUK_WALK_OF_ALL(range, order, within, key) \
  SOUK_WALK(SOUK_NO_TREE, range, order, within, key, "10000", "10000")
#define SOUK_WALK_OF_CATEGORY(range, order, within, key)                                         \
  SOUK_WALK(SOUK_TREE, "p.category_id = tree.id AND p.is_active AND " range, order, within, key, \
            "1000", "least(1000, greatest(20, 10000 / count(*)))")
static_assert(kMaxPageSize + 1 == 101, "the walks say so too");
static_assert(kMaxTested == 10'000 && kMaxTestedInCategory == 1'000, "and so");

#define SOUK_NEWEST "p.id < $10", "p.id DESC", "p.id >= (SELECT id", "0"
#define SOUK_CHEAPEST                                                                              \
  "p.is_active AND p.currency = $7::char(3) AND (p.price, p.id) > ($11::bigint, $10) AND p.price " \
  "<= $6",                                                                                         \
      "p.price, p.id", "(p.price, p.id) <= (SELECT price, id", "p.price"
#define SOUK_DEAREST                                                                               \
  "p.is_active AND p.currency = $7::char(3) AND (p.price, p.id) < ($11::bigint, $10) AND p.price " \
  ">= $5",                                                                                         \
      "p.price DESC, p.id DESC", "(p.price, p.id) >= (SELECT price, id", "p.price"
#define SOUK_EXPANDED(walk, ...) walk(__VA_ARGS__)

constexpr Statement kNewest{.name = "catalog.newest_that",
                            .sql = SOUK_EXPANDED(SOUK_WALK_OF_ALL, SOUK_NEWEST),
                            .kind = Kind::kScan,
                            .index = "products_pkey"};
constexpr Statement kNewestInCategory{.name = "catalog.newest_that_in_category",
                                      .sql = SOUK_EXPANDED(SOUK_WALK_OF_CATEGORY, SOUK_NEWEST),
                                      .kind = Kind::kScan,
                                      .index = "idx_products_category_newest_priced"};
constexpr Statement kCheapest{.name = "catalog.cheapest_that",
                              .sql = SOUK_EXPANDED(SOUK_WALK_OF_ALL, SOUK_CHEAPEST),
                              .kind = Kind::kScan,
                              .index = "idx_products_currency_price"};
constexpr Statement kCheapestInCategory{.name = "catalog.cheapest_that_in_category",
                                        .sql = SOUK_EXPANDED(SOUK_WALK_OF_CATEGORY, SOUK_CHEAPEST),
                                        .kind = Kind::kScan,
                                        .index = "idx_products_category_currency_price"};
constexpr Statement kDearest{.name = "catalog.dearest_that",
                             .sql = SOUK_EXPANDED(SOUK_WALK_OF_ALL, SOUK_DEAREST),
                             .kind = Kind::kScan,
                             .index = "idx_products_currency_price"};
constexpr Statement kDearestInCategory{.name = "catalog.dearest_that_in_category",
                                       .sql = SOUK_EXPANDED(SOUK_WALK_OF_CATEGORY, SOUK_DEAREST),
                                       .kind = Kind::kScan,
                                       .index = "idx_products_category_currency_price"};

constexpr std::array kStatements = {&kSearch,   &kAmong,
                                    &kNewest,   &kNewestInCategory,
                                    &kCheapest, &kCheapestInCategory,
                                    &kDearest,  &kDearestInCategory};

constexpr auto kListedRow =
    postgres::row_of(postgres::at(&Listed::product, store::kProductRow), &Listed::key);

struct Matches {
  Listing listing;
  bool all = false;   // of the products that match, none was left out
  bool some = false;  // whether any match, wherever the page begins
};

// Keys are descending; a cursor has the price.
double descending(const ProductQuery& query, double key) {
  return query.sort == ProductSort::kPriceAscending ? -key : key;
}

Matches read_matches(const ProductQuery& query, const Rows& rows) {
  Matches matches{.all = rows[0].get<bool>(0), .some = rows[0].get<bool>(1)};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].is_null(2)) continue;
    auto& row = matches.listing.rows.emplace_back(kListedRow(rows[i], 2));
    row.key = descending(query, row.key);
  }
  return matches;
}

Task<Matches> matches(postgres::Pool& pool, Context& context, const ProductQuery& query,
                      const SearchTerms& terms, bool widened) {
  const auto bounds = store::bounds_of(query);
  const double key =
      query.after ? descending(query, query.after->key) : std::numeric_limits<double>::infinity();
  const auto id = query.after ? query.after->id : store::kLastId;
  const auto sort = static_cast<std::int32_t>(query.sort);
  if (query.ids.empty()) {
    co_return read_matches(
        query, co_await pool.query(context, kSearch, query.category, terms.texts, terms.kinds,
                                   widened, sort, bounds.least, bounds.most, query.currency,
                                   query.in_stock, key, id, bounds.rows));
  }
  co_return read_matches(
      query, co_await pool.query(context, kAmong, query.category, terms.texts, terms.kinds, widened,
                                 sort, bounds.least, bounds.most, query.currency, query.in_stock,
                                 key, id, bounds.rows, query.ids));
}

Task<Rows> walk_by_price(postgres::Pool& pool, Context& context, const ProductQuery& query,
                         const SearchTerms& terms) {
  const auto bounds = store::bounds_of(query);
  const auto range = store::price_range_of(query, bounds);
  const bool ascending = query.sort == ProductSort::kPriceAscending;
  const auto& statement = ascending ? (query.category ? kCheapestInCategory : kCheapest)
                                    : (query.category ? kDearestInCategory : kDearest);
  co_return co_await pool.query(context, statement, query.category, terms.texts, terms.kinds, false,
                                bounds.least, bounds.most, query.currency, query.in_stock,
                                bounds.rows, range.start_id, range.start);
}

Task<Rows> walk_by_age(postgres::Pool& pool, Context& context, const ProductQuery& query,
                       const SearchTerms& terms) {
  const auto bounds = store::bounds_of(query);
  co_return co_await pool.query(context, query.category ? kNewestInCategory : kNewest,
                                query.category, terms.texts, terms.kinds, false, bounds.least,
                                bounds.most, query.currency, query.in_stock, bounds.rows,
                                query.after ? query.after->id : store::kLastId);
}

Task<Listing> walk(postgres::Pool& pool, Context& context, const ProductQuery& query,
                   const SearchTerms& terms) {
  const auto rows = query.sort == ProductSort::kNewest
                        ? co_await walk_by_age(pool, context, query, terms)
                        : co_await walk_by_price(pool, context, query, terms);
  Listing listing;
  if (const auto edge = rows[0].get<std::optional<ProductId>>(0)) {
    const auto price = static_cast<double>(rows[0].get<std::int64_t>(1));
    listing.edge = ProductCursor{query.sort, query.sort == ProductSort::kNewest ? 0 : price, *edge};
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].is_null(2)) listing.rows.push_back(kListedRow(rows[i], 2));
  }
  co_return listing;
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

Task<Listing> list(postgres::Pool& pool, Context& context, const ProductQuery& query) {
  const auto terms = search_terms(query.search);
  if (query.search.empty() && query.ids.empty()) {
    co_return co_await walk(pool, context, query, terms);
  }
  auto found = co_await matches(pool, context, query, terms, false);
  if (found.all && !found.some && !query.search.empty()) {
    found = co_await matches(pool, context, query, terms, true);
  }
  const bool ranked = query.sort == ProductSort::kRelevance;
  if (!found.all && !ranked) found.listing = co_await walk(pool, context, query, terms);
  found.listing.bounded = terms.cut || (!found.all && ranked);
  co_return std::move(found.listing);
}

}  // namespace souk::catalog::search_store
