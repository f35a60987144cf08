#include "catalog/bulk_store.h"

#include <array>
#include <string>
#include <tuple>

#include "catalog/product_row.h"

namespace souk::catalog::bulk_store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

constexpr Statement kWithSkus{
    .name = "catalog.with_skus",
    .sql = "SELECT " SOUK_PRODUCT_COLUMNS " FROM products p WHERE p.sku = ANY($1)",
    .kind = Kind::kScan,
    .index = "products_sku_key"};

constexpr Statement kWithIds{
    .name = "catalog.with_ids",
    .sql = "SELECT " SOUK_PRODUCT_COLUMNS " FROM products p WHERE p.id = ANY($1)",
    .kind = Kind::kScan,
    .index = "products_pkey"};

// In the order of ids, so that two changes never wait for each other in a circle. An order's lines
// refer to the product's key, which this lock leaves to them.
constexpr Statement kLock{.name = "catalog.lock_many",
                          .sql = "SELECT " SOUK_PRODUCT_COLUMNS
                                 " FROM products p WHERE p.id = ANY($1) "
                                 "ORDER BY p.id FOR NO KEY UPDATE",
                          .kind = Kind::kWrite,
                          .index = "products_pkey"};

constexpr Statement kInsert{
    .name = "catalog.insert_many",
    .sql =
        "INSERT INTO products "
        "(id, sku, name, description, category_id, price, currency, is_active) "
        "SELECT id, sku, name, description, category_id, price, currency, is_active <> 0 "
        "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], "
        "$7::text[], $8::int[]) "
        "n(id, sku, name, description, category_id, price, currency, is_active)",
    .kind = Kind::kWrite};

constexpr Statement kUpdate{
    .name = "catalog.update_many",
    .sql =
        "UPDATE products p SET name = n.name, description = n.description, "
        "category_id = n.category_id, price = n.price, currency = n.currency, "
        "is_active = n.is_active <> 0 "
        "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], "
        "$6::text[], $7::int[]) "
        "n(id, name, description, category_id, price, currency, is_active) WHERE p.id = n.id",
    .kind = Kind::kWrite,
    .index = "products_pkey"};

constexpr Statement kNextWithSku{.name = "catalog.next_with_sku",
                                 .sql = "SELECT " SOUK_PRODUCT_COLUMNS
                                        " FROM products p WHERE p.sku > $1 "
                                        "ORDER BY p.sku LIMIT 2000",
                                 .kind = Kind::kScan,
                                 .index = "products_sku_key"};
static_assert(kExportPage == 2'000, "the statement above says so too");

// For a command line only: it reads the whole table.
constexpr Statement kCountWithoutSku{.name = "catalog.count_without_sku",
                                     .sql = "SELECT count(*) FROM products WHERE sku IS NULL",
                                     .kind = Kind::kScan};

// Idle in its transaction, the connection has no snapshot and so holds up no vacuum.
constexpr Statement kTryToLockImports{
    .name = "catalog.try_to_lock_imports",
    .sql =
        "SELECT pg_try_advisory_xact_lock(hashtextextended('souk import', 0)), "
        "set_config('idle_in_transaction_session_timeout', '24h', true)",
    .kind = Kind::kWrite};
static_assert(kMaxImportTime == std::chrono::hours(24), "the statement above says so too");

constexpr std::array kStatements = {&kWithSkus,        &kWithIds,         &kLock,
                                    &kInsert,          &kUpdate,          &kNextWithSku,
                                    &kCountWithoutSku, &kTryToLockImports};

// Products as columns.
struct Columns {
  std::vector<ProductId> ids;
  std::vector<std::string_view> skus;
  std::vector<std::string_view> names;
  std::vector<std::string_view> descriptions;
  std::vector<CategoryId> categories;
  std::vector<std::int64_t> prices;
  std::vector<std::string_view> currencies;
  std::vector<std::int32_t> active;

  explicit Columns(std::span<const Product> products) {
    for (const auto& product : products) {
      ids.push_back(product.id);
      skus.push_back(product.sku ? std::string_view(*product.sku) : std::string_view());
      names.push_back(product.name);
      descriptions.push_back(product.description);
      categories.push_back(product.category_id);
      prices.push_back(product.price.amount);
      currencies.push_back(product.price.currency.text());
      active.push_back(product.is_active ? 1 : 0);
    }
  }
};

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

postgres::Call with_skus(const std::vector<std::string>& skus) {
  return postgres::call(kWithSkus, skus);
}

postgres::Call with_ids(const std::vector<ProductId>& ids) { return postgres::call(kWithIds, ids); }

postgres::Call lock(const std::vector<ProductId>& ids) { return postgres::call(kLock, ids); }

std::vector<Product> read_products(const postgres::Rows& rows) {
  return rows.as(store::kProductRow);
}

postgres::Call insert(std::span<const Product> products) {
  const Columns c(products);
  return postgres::call(kInsert, c.ids, c.skus, c.names, c.descriptions, c.categories, c.prices,
                        c.currencies, c.active);
}

postgres::Call update(std::span<const Product> products) {
  const Columns c(products);
  return postgres::call(kUpdate, c.ids, c.names, c.descriptions, c.categories, c.prices,
                        c.currencies, c.active);
}

postgres::Call next_with_sku(const std::string& after) {
  return postgres::call(kNextWithSku, after);
}

postgres::Call count_without_sku() { return postgres::call(kCountWithoutSku); }

postgres::Call try_to_lock_imports() { return postgres::call(kTryToLockImports); }

bool read_locked_imports(const postgres::Rows& rows) {
  return std::get<0>(rows.one<std::tuple<bool, std::string>>());
}

}  // namespace souk::catalog::bulk_store
