#include "catalog/managed.h"

#include <array>

#include "catalog/product_row.h"
#include "catalog/rules.h"
#include "catalog/search_terms.h"

namespace souk::catalog {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

// $1 the category, or all; $2 and $3: whether products for sale, and others, are wanted.
#define SOUK_MANAGED_TREE                                               \
  "WITH RECURSIVE tree(id) AS (SELECT c.id FROM categories c WHERE "    \
  "(c.id = $1::uuid) IS NOT FALSE UNION SELECT c.id FROM categories c " \
  "JOIN tree ON c.parent_id = tree.id), "

// Merged from the pages of each category, so that neither many nor few products that are not for
// sale make it read more than these.
constexpr Statement kList{
    .name = "catalog.managed",
    .sql = SOUK_MANAGED_TREE
    "page AS (SELECT m.id FROM tree CROSS JOIN LATERAL ("
    "(SELECT p.id FROM products p WHERE p.category_id = tree.id AND p.is_active AND $2::bool "
    "AND p.id < $4 ORDER BY p.id DESC LIMIT 101) UNION ALL "
    "(SELECT p.id FROM products p WHERE p.category_id = tree.id AND NOT p.is_active AND $3::bool "
    "AND p.id < $4 ORDER BY p.id DESC LIMIT 101)) m ORDER BY m.id DESC LIMIT 101) "
    "SELECT " SOUK_PRODUCT_COLUMNS
    " FROM (SELECT id FROM page LIMIT $5) page JOIN products p USING (id) ORDER BY p.id DESC",
    .kind = Kind::kScan,
    .index = "idx_products_category_inactive"};
static_assert(kMaxPageSize + 1 == 101, "the statement above says so too");

constexpr Statement kSearch{
    .name = "catalog.managed_search",
    .sql = SOUK_MANAGED_TREE
    "asked AS MATERIALIZED (SELECT matching, wide FROM search_query($6, $7, false)), "
    "matches AS (SELECT p.id FROM products p WHERE p.search @@ (SELECT wide FROM asked) "
    "AND p.search @@ (SELECT matching FROM asked) AND CASE WHEN p.is_active THEN $2::bool "
    "ELSE $3::bool END AND p.category_id IN (SELECT id FROM tree) LIMIT 5000), "
    "page AS (SELECT id FROM matches WHERE id < $4 ORDER BY id DESC LIMIT $5) "
    "SELECT " SOUK_PRODUCT_COLUMNS " FROM page JOIN products p USING (id) ORDER BY p.id DESC",
    .kind = Kind::kScan,
    .index = "idx_products_search"};
static_assert(kMaxRanked == 5000, "the statement above says so too");

constexpr std::array kStatements = {&kList, &kSearch};

constexpr ProductId kLastId = [] {
  ProductId id;
  id.value.bytes.fill(0xff);
  return id;
}();

}  // namespace

std::span<const Statement* const> Managed::statements() { return kStatements; }

runtime::Task<Result<ProductPage>> Managed::list(runtime::Context& context, ManagedQuery query) {
  if (auto valid = rules::check(ProductQuery{.search = query.search, .limit = query.limit});
      !valid) {
    co_return std::unexpected(valid.error());
  }
  const bool active = query.is_active.value_or(true);
  const bool inactive = !query.is_active.value_or(false);
  const auto start = query.after ? query.after->id : kLastId;
  const auto rows = static_cast<std::int64_t>(query.limit) + 1;
  ProductPage page;
  if (query.search.empty()) {
    page.items =
        (co_await pool_.query(context, kList, query.category, active, inactive, start, rows))
            .as(store::kProductRow);
  } else {
    const auto terms = search_terms(query.search);
    page.items = (co_await pool_.query(context, kSearch, query.category, active, inactive, start,
                                       rows, terms.texts, terms.kinds))
                     .as(store::kProductRow);
  }
  if (page.items.size() > query.limit) {
    page.items.resize(query.limit);
    page.next = ProductCursor{ProductSort::kNewest, 0, page.items.back().id};
  }
  co_return page;
}

}  // namespace souk::catalog
