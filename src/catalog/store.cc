#include "catalog/store.h"

#include <algorithm>
#include <array>
#include <limits>

#include "catalog/error_codes.h"
#include "catalog/product_row.h"
#include "catalog/slug.h"
#include "postgres/duration_codec.h"

namespace souk::catalog::store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

// The inner LIMIT of a page is a constant, one more than the largest page: without the parameters
// the planner then still expects a short range of an index. The outer LIMIT ends the scan early.
#define SOUK_CATEGORY_COLUMNS "id, parent_id, name, slug, position, version"
#define SOUK_CATEGORY_TREE                             \
  "WITH RECURSIVE tree(id) AS (SELECT $1::uuid UNION " \
  "SELECT c.id FROM categories c JOIN tree ON c.parent_id = tree.id) "
static_assert(kMaxPageSize + 1 == 101, "the statements below say so too");

constexpr Statement kFind{.name = "catalog.find",
                          .sql = "SELECT " SOUK_PRODUCT_COLUMNS " FROM products p WHERE p.id = $1",
                          .kind = Kind::kPoint,
                          .index = "products_pkey"};

constexpr Statement kWithSku{.name = "catalog.with_sku",
                             .sql = "SELECT " SOUK_PRODUCT_COLUMNS
                                    ", 0::float8 FROM products p "
                                    "WHERE p.sku = $1 AND p.is_active AND p.id < $2",
                             .kind = Kind::kPoint,
                             .index = "products_sku_key"};

constexpr Statement kNewest{.name = "catalog.newest",
                            .sql = "SELECT page.*, 0::float8 FROM (SELECT " SOUK_PRODUCT_COLUMNS
                                   " FROM products p WHERE p.is_active AND p.id < $1 "
                                   "ORDER BY p.id DESC LIMIT 101) page LIMIT $2",
                            .kind = Kind::kScan,
                            .index = "products_pkey"};

constexpr Statement kCheapest{
    .name = "catalog.cheapest",
    .sql = "SELECT page.*, page.price::float8 FROM (SELECT " SOUK_PRODUCT_COLUMNS
           " FROM products p "
           "WHERE p.is_active AND p.currency = $5 AND (p.price, p.id) > ($1::bigint, $2) AND "
           "p.price <= $3 "
           "ORDER BY p.price, p.id LIMIT 101) page LIMIT $4",
    .kind = Kind::kScan,
    .index = "idx_products_currency_price"};

constexpr Statement kDearest{
    .name = "catalog.dearest",
    .sql = "SELECT page.*, page.price::float8 FROM (SELECT " SOUK_PRODUCT_COLUMNS
           " FROM products p "
           "WHERE p.is_active AND p.currency = $5 AND (p.price, p.id) < ($1::bigint, $2) AND "
           "p.price >= $3 "
           "ORDER BY p.price DESC, p.id DESC LIMIT 101) page LIMIT $4",
    .kind = Kind::kScan,
    .index = "idx_products_currency_price"};

// In a category the page is merged from the pages of its whole subtree.
constexpr Statement kNewestInCategory{
    .name = "catalog.newest_in_category",
    .sql = SOUK_CATEGORY_TREE
    ", page AS (SELECT m.id FROM tree CROSS JOIN LATERAL ("
    "SELECT p.id FROM products p WHERE p.category_id = tree.id AND p.is_active "
    "AND p.id < $2 ORDER BY p.id DESC LIMIT 101) m ORDER BY m.id DESC LIMIT 101) "
    "SELECT " SOUK_PRODUCT_COLUMNS
    ", 0::float8 FROM (SELECT id FROM page LIMIT $3) page "
    "JOIN products p USING (id) ORDER BY p.id DESC",
    .kind = Kind::kScan,
    .index = "idx_products_category_newest_priced"};

// The newest products within a range of prices. No index has both orders, so the work for a page is
// limited. If at most kMaxRanked products are in the range, all are read and sorted. If more are,
// the newest kMaxWalked (of each category: kMaxWalkedInCategory) are scanned; a page that is not
// full then ends where the first of these scans ended, and the next page starts there. The first
// column is the id of that product; if no product was found, it is in a row of its own.
#define SOUK_NEWEST_PRICED(tree, in_category, each)                                                \
  tree "narrow AS MATERIALIZED (SELECT n.id FROM tree CROSS JOIN LATERAL ("                        \
       "SELECT p.id FROM products p WHERE " in_category                                            \
       "p.is_active AND p.currency = $6 AND p.price BETWEEN $2 AND $3 LIMIT 5001) n LIMIT 5001), " \
       "few AS MATERIALIZED (SELECT count(*) <= 5000 AS are FROM narrow), "                        \
       "walked AS MATERIALIZED (SELECT w.* FROM few, tree CROSS JOIN LATERAL ("                    \
       "SELECT p.id, p.price, p.currency, row_number() OVER (ORDER BY p.id DESC) AS number FROM "  \
       "products p "                                                                               \
       "WHERE " in_category "p.is_active AND p.id < $4 ORDER BY p.id DESC LIMIT " each             \
       ") w "                                                                                      \
       "WHERE NOT few.are), "                                                                      \
       "edge AS (SELECT id FROM walked WHERE number = " each                                       \
       " ORDER BY id DESC LIMIT 1), "                                                              \
       "page AS (SELECT id FROM narrow WHERE (SELECT are FROM few) AND id < $4 "                   \
       "UNION ALL SELECT id FROM walked WHERE currency = $6 AND price BETWEEN $2 AND $3 "          \
       "AND (id >= (SELECT id FROM edge)) IS NOT FALSE ORDER BY id DESC LIMIT $5) "                \
       "SELECT edge.id, found.* FROM (SELECT (SELECT id FROM edge) AS id) edge "                   \
       "LEFT JOIN LATERAL (SELECT " SOUK_PRODUCT_COLUMNS                                           \
       ", 0::float8 FROM page JOIN products p USING (id)) found ON true ORDER BY found.id DESC"
static_assert(kMaxRanked == 5000, "the statements here say so too");
static_assert(kMaxWalked == 10000 && kMaxWalkedInCategory == 2000, "and so");

constexpr Statement kNewestPriced{
    .name = "catalog.newest_priced",
    .sql = SOUK_NEWEST_PRICED("WITH tree AS (SELECT $1::uuid AS id), ", "", "10000"),
    .kind = Kind::kScan,
    .index = "products_pkey"};

constexpr Statement kNewestPricedInCategory{
    .name = "catalog.newest_priced_in_category",
    .sql = SOUK_NEWEST_PRICED(SOUK_CATEGORY_TREE ", ", "p.category_id = tree.id AND ", "2000"),
    .kind = Kind::kScan,
    .index = "idx_products_category_newest_priced"};

constexpr Statement kCheapestInCategory{
    .name = "catalog.cheapest_in_category",
    .sql = SOUK_CATEGORY_TREE
    ", page AS (SELECT m.id FROM tree CROSS JOIN LATERAL ("
    "SELECT p.id, p.price FROM products p WHERE p.category_id = tree.id AND p.is_active "
    "AND p.currency = $6 AND (p.price, p.id) > ($2::bigint, $3) AND p.price <= $4 "
    "ORDER BY p.price, p.id LIMIT 101) m ORDER BY m.price, m.id LIMIT 101) "
    "SELECT " SOUK_PRODUCT_COLUMNS
    ", p.price::float8 FROM (SELECT id FROM page LIMIT $5) page "
    "JOIN products p USING (id) ORDER BY p.price, p.id",
    .kind = Kind::kScan,
    .index = "idx_products_category_currency_price"};

constexpr Statement kDearestInCategory{
    .name = "catalog.dearest_in_category",
    .sql = SOUK_CATEGORY_TREE
    ", page AS (SELECT m.id FROM tree CROSS JOIN LATERAL ("
    "SELECT p.id, p.price FROM products p WHERE p.category_id = tree.id AND p.is_active "
    "AND p.currency = $6 AND (p.price, p.id) < ($2::bigint, $3) AND p.price >= $4 "
    "ORDER BY p.price DESC, p.id DESC LIMIT 101) m ORDER BY m.price DESC, m.id DESC LIMIT 101) "
    "SELECT " SOUK_PRODUCT_COLUMNS
    ", p.price::float8 FROM (SELECT id FROM page LIMIT $5) page "
    "JOIN products p USING (id) ORDER BY p.price DESC, p.id DESC",
    .kind = Kind::kScan,
    .index = "idx_products_category_currency_price"};

constexpr Statement kCategories{
    .name = "catalog.categories",
    .sql =
        "WITH RECURSIVE tree AS ("
        "SELECT c.*, ARRAY[(c.position, c.name)] AS path FROM categories c "
        "WHERE c.parent_id IS NULL "
        "UNION ALL SELECT c.*, tree.path || (c.position, c.name) FROM categories c "
        "JOIN tree ON c.parent_id = tree.id) "
        "SELECT " SOUK_CATEGORY_COLUMNS " FROM tree ORDER BY path",
    .kind = Kind::kScan};

constexpr Statement kFindCategory{
    .name = "catalog.find_category",
    .sql = "SELECT " SOUK_CATEGORY_COLUMNS " FROM categories WHERE id = $1",
    .kind = Kind::kPoint,
    .index = "categories_pkey"};

// The lock that migrations/0020_catalogue_that_holds_together.sql takes for moves. Alone, so that
// the next statement's snapshot has what the lock was waited for.
constexpr Statement kLockCategories{
    .name = "catalog.lock_categories",
    .sql = "SELECT pg_advisory_xact_lock(hashtextextended('souk category moves', 0))",
    .kind = Kind::kWrite};

constexpr Statement kInsertCategory{
    .name = "catalog.insert_category",
    .sql =
        "WITH tree AS (SELECT count(*) AS size, least(1 + coalesce(max(position::bigint) "
        "FILTER (WHERE parent_id IS NOT DISTINCT FROM $2), -1), 1000000) AS next FROM categories) "
        "INSERT INTO categories (id, parent_id, name, slug, position) "
        "SELECT $1, $2, $3, coalesce($4, (SELECT free.slug FROM ("
        "  SELECT 1 AS n, $5::text AS slug UNION ALL"
        "  SELECT n, $5::text || '-' || n FROM generate_series(2, 10001) n) free"
        "  WHERE NOT EXISTS (SELECT FROM categories c WHERE c.slug = free.slug)"
        "  ORDER BY free.n LIMIT 1)), coalesce($6, next::integer) "
        "FROM tree WHERE size < 10000 "
        "RETURNING " SOUK_CATEGORY_COLUMNS,
    .kind = Kind::kWrite};
static_assert(kMaxCategories == 10'000 && kMaxPosition == 1'000'000, "the statements say so too");

// No row: the category does not exist. The first column is false: it has another version.
constexpr Statement kUpdateCategory{
    .name = "catalog.update_category",
    .sql =
        "WITH current AS (SELECT id, (version = ANY($7::bigint[])) IS NOT FALSE "
        "AND NOT version = ANY($8::bigint[]) AS expected, "
        "$3 AND parent_id IS DISTINCT FROM $4 AS moves FROM categories WHERE id = $1 FOR UPDATE), "
        "last AS (SELECT least(1 + coalesce(max(position::bigint), -1), 1000000)::integer AS next "
        "FROM categories WHERE parent_id IS NOT DISTINCT FROM $4), "
        "changed AS (UPDATE categories c SET name = coalesce($2, c.name), "
        "parent_id = CASE WHEN current.moves THEN $4 ELSE c.parent_id END, "
        "slug = coalesce($5, c.slug), position = coalesce($6, "
        "CASE WHEN current.moves THEN last.next ELSE c.position END) "
        "FROM current, last WHERE c.id = current.id AND current.expected "
        "RETURNING c.id, c.parent_id, c.name, c.slug, c.position, c.version) "
        "SELECT current.expected, changed.* FROM current LEFT JOIN changed ON true",
    .kind = Kind::kWrite,
    .index = "categories_pkey"};

constexpr Statement kDeleteCategory{
    .name = "catalog.delete_category",
    .sql =
        "WITH current AS (SELECT id, (version = ANY($2::bigint[])) IS NOT FALSE "
        "AND NOT version = ANY($3::bigint[]) AS expected "
        "FROM categories WHERE id = $1 FOR UPDATE), "
        "gone AS (DELETE FROM categories c USING current "
        "WHERE c.id = current.id AND current.expected) "
        "SELECT expected FROM current",
    .kind = Kind::kWrite,
    .index = "categories_pkey"};

// One index look-up for each of them.
constexpr Statement kCurrencies{
    .name = "catalog.currencies",
    .sql =
        "WITH RECURSIVE used (currency) AS ("
        "(SELECT currency FROM products WHERE is_active ORDER BY currency LIMIT 1) "
        "UNION ALL SELECT next.currency FROM used CROSS JOIN LATERAL ("
        "SELECT p.currency FROM products p WHERE p.is_active AND p.currency > used.currency "
        "ORDER BY p.currency LIMIT 1) next) "
        "SELECT currency, EXISTS (SELECT FROM shop WHERE shop.currency = used.currency) "
        "FROM used",
    .kind = Kind::kPoint,
    .index = "idx_products_currency_price"};

constexpr Statement kInsert{
    .name = "catalog.insert",
    .sql =
        "INSERT INTO products AS p "
        "(id, name, description, category_id, price, currency, is_active, sku) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING " SOUK_PRODUCT_COLUMNS,
    .kind = Kind::kWrite};

// No row: the product does not exist. The first column is false: it has another version.
constexpr Statement kUpdate{
    .name = "catalog.update",
    .sql =
        "WITH current AS (SELECT id, (version = ANY($8::bigint[])) IS NOT FALSE "
        "AND NOT version = ANY($9::bigint[]) AS expected "
        "FROM products WHERE id = $1 FOR UPDATE), "
        "changed AS (UPDATE products p SET name = coalesce($2, p.name), "
        "description = coalesce($3, p.description), category_id = coalesce($4, p.category_id), "
        "price = coalesce($5, p.price), currency = coalesce($6, p.currency), "
        "is_active = coalesce($7, p.is_active), sku = CASE WHEN $10 THEN $11 ELSE p.sku END "
        "FROM current WHERE p.id = current.id AND current.expected "
        "RETURNING " SOUK_PRODUCT_COLUMNS
        ") "
        "SELECT current.expected, changed.* FROM current LEFT JOIN changed ON true",
    .kind = Kind::kWrite,
    .index = "products_pkey"};

constexpr Statement kSaleItems{
    .name = "catalog.sale_items",
    .sql = "SELECT id, name, price, currency, is_active FROM products WHERE id = ANY($1)",
    .kind = Kind::kPoint,
    .index = "products_pkey"};

constexpr Statement kVersions{
    .name = "catalog.versions",
    .sql =
        "SELECT id, version, "
        "greatest(0, (1e6 * extract(epoch FROM clock_timestamp() - updated_at))::bigint) "
        "FROM products WHERE id = ANY($1)",
    .kind = Kind::kPoint,
    .index = "products_pkey"};

constexpr std::array kStatements = {&kFind,
                                    &kWithSku,
                                    &kNewest,
                                    &kCheapest,
                                    &kDearest,
                                    &kNewestInCategory,
                                    &kNewestPriced,
                                    &kNewestPricedInCategory,
                                    &kCheapestInCategory,
                                    &kDearestInCategory,
                                    &kCategories,
                                    &kFindCategory,
                                    &kLockCategories,
                                    &kInsertCategory,
                                    &kUpdateCategory,
                                    &kDeleteCategory,
                                    &kCurrencies,
                                    &kInsert,
                                    &kUpdate,
                                    &kSaleItems,
                                    &kVersions};

struct Changed {
  bool expected = false;
  Product product;
};
constexpr auto kChangedRow =
    postgres::row_of(&Changed::expected, postgres::at(&Changed::product, kProductRow));
constexpr auto kListedRow =
    postgres::row_of(postgres::at(&Listed::product, kProductRow), &Listed::key);
constexpr auto kCategoryRow =
    postgres::row_of(&Category::id, &Category::parent_id, &Category::name, &Category::slug,
                     &Category::position, &Category::version);
struct ChangedCategory {
  bool expected = false;
  Category category;
};
constexpr auto kChangedCategoryRow = postgres::row_of(
    &ChangedCategory::expected, postgres::at(&ChangedCategory::category, kCategoryRow));
constexpr auto kSaleItemRow =
    postgres::row_of(&SaleItem::id, &SaleItem::name, &SaleItem::price, &SaleItem::is_active);

constexpr auto kVersionRow =
    postgres::row_of(&ProductVersion::id, &ProductVersion::version, &ProductVersion::age);

constexpr std::string_view kCategoryReference = "products_category_id_fkey";
constexpr std::string_view kParentReference = "categories_parent_id_fkey";
constexpr std::string_view kUniqueSlug = "categories_slug_key";
constexpr std::string_view kUniqueName = "categories_parent_id_name_key";
constexpr std::string_view kNoLoop = "categories_no_loop";
constexpr std::string_view kNotItsOwnParent = "categories_check";
constexpr std::string_view kSkus = "products_sku_key";
bool has_price_range(const ProductQuery& query) {
  return query.min_price || query.max_price || query.currency;
}

Listing read_walk(const postgres::Rows& rows) {
  Listing listing;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    if (const auto edge = row.get<std::optional<ProductId>>(0)) {
      listing.edge = ProductCursor{ProductSort::kNewest, 0, *edge};
    }
    if (!row.is_null(1)) listing.rows.push_back(kListedRow(row, 1));
  }
  return listing;
}

runtime::Task<postgres::Rows> newest(postgres::Pool& pool, runtime::Context& context,
                                     const ProductQuery& query) {
  const auto start = query.after ? query.after->id : kLastId;
  const auto bounds = bounds_of(query);
  if (has_price_range(query)) {
    co_return co_await pool.query(context, query.category ? kNewestPricedInCategory : kNewestPriced,
                                  query.category, bounds.least, bounds.most, start, bounds.rows,
                                  query.currency);
  }
  if (!query.category) co_return co_await pool.query(context, kNewest, start, bounds.rows);
  co_return co_await pool.query(context, kNewestInCategory, *query.category, start, bounds.rows);
}

runtime::Task<postgres::Rows> by_price(postgres::Pool& pool, runtime::Context& context,
                                       const ProductQuery& query) {
  const auto bounds = bounds_of(query);
  const bool ascending = query.sort == ProductSort::kPriceAscending;
  const auto [start, start_id, end] = price_range_of(query, bounds);
  if (!query.category) {
    co_return co_await pool.query(context, ascending ? kCheapest : kDearest, start, start_id, end,
                                  bounds.rows, query.currency);
  }
  co_return co_await pool.query(context, ascending ? kCheapestInCategory : kDearestInCategory,
                                *query.category, start, start_id, end, bounds.rows, query.currency);
}

}  // namespace

Bounds bounds_of(const ProductQuery& query) {
  return {query.min_price.value_or(0),
          query.max_price.value_or(std::numeric_limits<std::int64_t>::max()),
          static_cast<std::int64_t>(query.limit) + 1};
}

PriceRange price_range_of(const ProductQuery& query, const Bounds& bounds) {
  const bool ascending = query.sort == ProductSort::kPriceAscending;
  const auto end = ascending ? bounds.most : bounds.least;
  const auto first = ascending ? bounds.least - 1 : bounds.most;
  if (!query.after) return {first, kLastId, end};
  // A cursor continues after its product, unless that product is outside of the bounds.
  const auto price = static_cast<std::int64_t>(query.after->key);
  const bool outside = ascending ? price <= first : price > first;
  return outside ? PriceRange{first, kLastId, end} : PriceRange{price, query.after->id, end};
}

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::optional<Product>> find(postgres::Pool& pool, runtime::Context& context,
                                           ProductId id) {
  co_return (co_await pool.query(context, kFind, id)).optional(kProductRow);
}

runtime::Task<Listing> list(postgres::Pool& pool, runtime::Context& context,
                            const ProductQuery& query) {
  Listing listing;
  if (query.sku) {
    const auto start = query.after ? query.after->id : kLastId;
    listing.rows = (co_await pool.query(context, kWithSku, *query.sku, start)).as(kListedRow);
  } else if (query.sort != ProductSort::kNewest) {
    listing.rows = (co_await by_price(pool, context, query)).as(kListedRow);
  } else if (!has_price_range(query)) {
    listing.rows = (co_await newest(pool, context, query)).as(kListedRow);
  } else {
    listing = read_walk(co_await newest(pool, context, query));
  }
  co_return listing;
}

runtime::Task<std::vector<Category>> categories(postgres::Pool& pool, runtime::Context& context) {
  co_return (co_await pool.query(context, kCategories)).as(kCategoryRow);
}

runtime::Task<Currencies> currencies(postgres::Pool& pool, runtime::Context& context) {
  const auto rows = co_await pool.query(context, kCurrencies);
  Currencies currencies;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    currencies.in_use.push_back(rows[i].get<std::string>(0));
    if (rows[i].get<bool>(1)) currencies.main = currencies.in_use.back();
  }
  co_return currencies;
}

postgres::Call insert(ProductId id, const ProductDraft& draft) {
  return postgres::call(kInsert, id, draft.name, draft.description, draft.category_id,
                        draft.price.amount, draft.price.currency, draft.is_active, draft.sku);
}

Product read_inserted(const postgres::Rows& rows) { return rows.one(kProductRow); }

postgres::Call update(ProductId id, const ProductPatch& patch, const VersionCondition& condition) {
  std::optional<std::int64_t> amount;
  std::optional<Currency> currency;
  if (patch.price) {
    amount = patch.price->amount;
    currency = patch.price->currency;
  }
  return postgres::call(kUpdate, id, patch.name, patch.description, patch.category_id, amount,
                        currency, patch.is_active, condition.among, condition.not_among,
                        patch.sku.has_value(), patch.sku.value_or(std::nullopt));
}

Updated read_updated(const postgres::Rows& rows) {
  if (rows.empty()) return {};
  if (!rows[0].get<bool>(0)) return {.found = true};
  return {.found = true, .product = rows.one(kChangedRow).product};
}

bool names_no_category(const postgres::StatementError& error) {
  return error.foreign_key_violation(kCategoryReference);
}

runtime::Task<std::optional<Category>> find_category(postgres::Pool& pool,
                                                     runtime::Context& context, CategoryId id) {
  co_return (co_await pool.query(context, kFindCategory, id)).optional(kCategoryRow);
}

postgres::Call lock_categories() { return postgres::call(kLockCategories); }

postgres::Call insert_category(CategoryId id, const CategoryDraft& draft) {
  return postgres::call(kInsertCategory, id, draft.parent_id, draft.name, draft.slug,
                        slug_of(draft.name), draft.position);
}

std::optional<Category> read_inserted_category(const postgres::Rows& rows) {
  return rows.optional(kCategoryRow);
}

postgres::Call update_category(CategoryId id, const CategoryPatch& patch,
                               const VersionCondition& condition) {
  return postgres::call(kUpdateCategory, id, patch.name, patch.parent_id.has_value(),
                        patch.parent_id.value_or(std::nullopt), patch.slug, patch.position,
                        condition.among, condition.not_among);
}

UpdatedCategory read_updated_category(const postgres::Rows& rows) {
  if (rows.empty()) return {};
  if (!rows[0].get<bool>(0)) return {.found = true};
  return {.found = true, .category = rows.one(kChangedCategoryRow).category};
}

postgres::Call delete_category(CategoryId id, const VersionCondition& condition) {
  return postgres::call(kDeleteCategory, id, condition.among, condition.not_among);
}

Deleted read_deleted_category(const postgres::Rows& rows) {
  if (rows.empty()) return Deleted::kNotFound;
  return rows[0].get<bool>(0) ? Deleted::kYes : Deleted::kOtherVersion;
}

std::optional<Error> category_refusal(const postgres::StatementError& error, CategoryWrite write) {
  if (write == CategoryWrite::kDelete) {
    // RESTRICT has a code of its own from PostgreSQL 18 on.
    const bool restricted = error.foreign_key_violation() || error.sqlstate() == "23001";
    if (!restricted) return {};
    const bool products = error.constraint() == kCategoryReference;
    return Error{errors::kCategoryNotEmpty,
                 products ? "products are in the category, for sale or not: move them first"
                          : "subcategories are in the category: move or delete them first"};
  }
  if (error.foreign_key_violation(kParentReference)) {
    return Error{errors::kUnknownCategory,
                 "there is no such category",
                 {{"/parentId", "is not a category"}}};
  }
  if (error.unique_violation(kUniqueSlug)) {
    return Error{errors::kCategoryTaken, "another category has this slug", {{"/slug", "is taken"}}};
  }
  if (error.unique_violation(kUniqueName)) {
    return Error{
        errors::kCategoryTaken, "another category there has this name", {{"/name", "is taken"}}};
  }
  if (error.check_violation(kNoLoop) || error.check_violation(kNotItsOwnParent)) {
    return Error{errors::kCategoryLoop,
                 "a category cannot be below itself, nor deeper than 100 levels",
                 {{"/parentId", "is below the category, or too deep"}}};
  }
  return {};
}

bool names_taken_sku(const postgres::StatementError& error) {
  return error.unique_violation(kSkus);
}

runtime::Task<std::vector<ProductVersion>> versions(postgres::Pool& pool, runtime::Context& context,
                                                    std::vector<ProductId> ids) {
  co_return (co_await pool.query(context, kVersions, ids)).as(kVersionRow);
}

postgres::Call sale_items(const std::vector<ProductId>& ids) {
  return postgres::call(kSaleItems, ids);
}

std::vector<SaleItem> read_sale_items(const postgres::Rows& rows) {
  auto items = rows.as(kSaleItemRow);
  std::ranges::sort(items, {}, &SaleItem::id);
  return items;
}

}  // namespace souk::catalog::store
