#include "inventory/counts_store.h"

#include <array>

namespace souk::inventory::counts_store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

constexpr Statement kFind{.name = "inventory.find_many",
                          .sql =
                              "SELECT product_id, quantity, reserved, version "
                              "FROM product_stocks WHERE product_id = ANY($1)",
                          .kind = Kind::kScan,
                          .index = "product_stocks_pkey"};

constexpr Statement kLock{.name = "inventory.lock_many",
                          .sql =
                              "SELECT product_id, quantity, reserved, version "
                              "FROM product_stocks WHERE product_id = ANY($1) "
                              "ORDER BY product_id FOR UPDATE",
                          .kind = Kind::kWrite,
                          .index = "product_stocks_pkey"};

// The triggers write the ledger.
constexpr Statement kSet{
    .name = "inventory.set_many",
    .sql =
        "INSERT INTO product_stocks AS s (product_id, quantity) "
        "SELECT product_id, on_hand FROM unnest($1::uuid[], $2::bigint[]) n(product_id, on_hand) "
        "ON CONFLICT (product_id) DO UPDATE SET quantity = excluded.quantity "
        "RETURNING s.product_id, s.quantity, s.reserved, s.version, "
        "pg_current_xact_id()::text::bigint",
    .kind = Kind::kWrite};

constexpr std::array kStatements = {&kFind, &kLock, &kSet};

constexpr auto kStockRow =
    postgres::row_of(&Stock::product_id, &Stock::on_hand, &Stock::reserved, &Stock::version);

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

postgres::Call find(const std::vector<ProductId>& ids) { return postgres::call(kFind, ids); }

postgres::Call lock(const std::vector<ProductId>& ids) { return postgres::call(kLock, ids); }

std::vector<Stock> read_stocks(const postgres::Rows& rows) { return rows.as(kStockRow); }

postgres::Call set(std::span<const Count> counts) {
  std::vector<ProductId> products;
  std::vector<std::int64_t> on_hand;
  for (const auto& count : counts) {
    products.push_back(count.product_id);
    on_hand.push_back(count.on_hand);
  }
  return postgres::call(kSet, products, on_hand);
}

}  // namespace souk::inventory::counts_store
