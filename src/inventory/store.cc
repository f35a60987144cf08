#include "inventory/store.h"

#include <array>

namespace souk::inventory::store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

constexpr Statement kFind{.name = "inventory.find",
                          .sql =
                              "SELECT product_id, quantity, reserved, version "
                              "FROM product_stocks WHERE product_id = ANY($1)",
                          .kind = Kind::kPoint,
                          .index = "product_stocks_pkey"};

#define SOUK_CHANGED_COLUMNS \
  "s.product_id, s.quantity, s.reserved, s.version, pg_current_xact_id()::text::bigint"

constexpr Statement kSetOnHand{
    .name = "inventory.set_on_hand",
    .sql =
        "INSERT INTO product_stocks AS s (product_id, quantity) VALUES ($1, $2) "
        "ON CONFLICT (product_id) DO UPDATE SET quantity = excluded.quantity "
        "RETURNING " SOUK_CHANGED_COLUMNS,
    .kind = Kind::kWrite};

// Rows of products that are sold out are not worth a lock.
constexpr Statement kLock{.name = "inventory.lock",
                          .sql =
                              "SELECT product_id, quantity, reserved, version "
                              "FROM product_stocks WHERE product_id = ANY($1) AND quantity > 0 "
                              "ORDER BY product_id FOR UPDATE",
                          .kind = Kind::kWrite,
                          .index = "idx_product_stocks_product_id"};

// All rows, those of products that are sold out too: put_back is about to fill them.
constexpr Statement kLockAll{.name = "inventory.lock_all",
                             .sql =
                                 "SELECT product_id FROM product_stocks "
                                 "WHERE product_id = ANY($1) ORDER BY product_id FOR UPDATE",
                             .kind = Kind::kWrite,
                             .index = "product_stocks_pkey"};

constexpr Statement kTake{.name = "inventory.take",
                          .sql =
                              "UPDATE product_stocks s SET quantity = s.quantity - l.quantity "
                              "FROM unnest($1::uuid[], $2::int[]) l(product_id, quantity) "
                              "WHERE s.product_id = l.product_id "
                              "RETURNING " SOUK_CHANGED_COLUMNS,
                          .kind = Kind::kWrite,
                          .index = "product_stocks_pkey"};

constexpr Statement kPutBack{.name = "inventory.put_back",
                             .sql =
                                 "UPDATE product_stocks s SET quantity = s.quantity + l.quantity "
                                 "FROM unnest($1::uuid[], $2::int[]) l(product_id, quantity) "
                                 "WHERE s.product_id = l.product_id "
                                 "RETURNING " SOUK_CHANGED_COLUMNS,
                             .kind = Kind::kWrite,
                             .index = "product_stocks_pkey"};

constexpr Statement kVersions{.name = "inventory.versions",
                              .sql =
                                  "SELECT product_id, version, updated_at "
                                  "FROM product_stocks WHERE product_id = ANY($1)",
                              .kind = Kind::kPoint,
                              .index = "product_stocks_pkey"};

constexpr std::array kStatements = {&kFind, &kSetOnHand, &kLock,    &kLockAll,
                                    &kTake, &kPutBack,   &kVersions};

constexpr auto kStockRow =
    postgres::row_of(&Stock::product_id, &Stock::on_hand, &Stock::reserved, &Stock::version);

constexpr auto kChangedRow =
    postgres::row_of(postgres::at(&Changed::stock, kStockRow), &Changed::by);
constexpr auto kVersionRow =
    postgres::row_of(&StockVersion::id, &StockVersion::version, &StockVersion::changed_at);

std::vector<ProductId> products_of(const std::vector<Line>& lines) {
  std::vector<ProductId> ids;
  ids.reserve(lines.size());
  for (const auto& line : lines) ids.push_back(line.product_id);
  return ids;
}

std::vector<std::int32_t> quantities_of(const std::vector<Line>& lines) {
  std::vector<std::int32_t> quantities;
  quantities.reserve(lines.size());
  for (const auto& line : lines) quantities.push_back(line.quantity);
  return quantities;
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::vector<Stock>> find(postgres::Pool& pool, runtime::Context& context,
                                       std::vector<ProductId> ids) {
  co_return (co_await pool.query(context, kFind, ids)).as(kStockRow);
}

runtime::Task<std::expected<Changed, SetRefused>> set_on_hand(postgres::Pool& pool,
                                                              runtime::Context& context,
                                                              ProductId id, std::int32_t on_hand) {
  SetRefused refused{};
  try {
    co_return (co_await pool.query(context, kSetOnHand, id, on_hand)).one(kChangedRow);
  } catch (const postgres::StatementError& error) {
    if (error.foreign_key_violation()) {
      refused = SetRefused::kUnknownProduct;
    } else if (error.check_violation("product_stocks_not_oversold")) {
      refused = SetRefused::kBelowReserved;
    } else {
      throw;
    }
  }
  co_return std::unexpected(refused);
}

postgres::Call lock(const std::vector<Line>& lines) {
  return postgres::call(kLock, products_of(lines));
}

postgres::Call lock_all(const std::vector<Line>& lines) {
  return postgres::call(kLockAll, products_of(lines));
}

std::vector<Stock> read_stocks(const postgres::Rows& rows) { return rows.as(kStockRow); }

postgres::Call take(const std::vector<Line>& lines) {
  return postgres::call(kTake, products_of(lines), quantities_of(lines));
}

postgres::Call put_back(const std::vector<Line>& lines) {
  return postgres::call(kPutBack, products_of(lines), quantities_of(lines));
}

std::vector<Changed> read_changed(const postgres::Rows& rows) { return rows.as(kChangedRow); }

runtime::Task<std::vector<StockVersion>> versions(postgres::Pool& pool, runtime::Context& context,
                                                  std::vector<ProductId> ids) {
  co_return (co_await pool.query(context, kVersions, ids)).as(kVersionRow);
}

}  // namespace souk::inventory::store
