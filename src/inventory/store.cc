#include "inventory/store.h"

#include <array>

#include "base/enum_names.h"
#include "postgres/duration_codec.h"

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

// A stock that was never set has version 0. No row: the product does not exist. The first column is
// false: the stock has another version.
#define SOUK_EXPECTED(version) \
  "((" version " = ANY($3::bigint[])) IS NOT FALSE AND NOT " version " = ANY($4::bigint[]))"
constexpr Statement kSetOnHand{
    .name = "inventory.set_on_hand",
    .sql =
        "WITH product AS (SELECT id FROM products WHERE id = $1), "
        "changed AS (INSERT INTO product_stocks AS s (product_id, quantity) "
        "SELECT id, $2 FROM product WHERE " SOUK_EXPECTED("0") " "
        "OR EXISTS (SELECT FROM product_stocks WHERE product_id = $1) "
        "ON CONFLICT (product_id) DO UPDATE SET quantity = excluded.quantity "
        "WHERE " SOUK_EXPECTED("s.version") " RETURNING " SOUK_CHANGED_COLUMNS ") "
        "SELECT changed.product_id IS NOT NULL, changed.* FROM product LEFT JOIN changed ON true",
    .kind = Kind::kWrite,
    .index = "products_pkey"};

// Rows of products that are sold out are not worth a lock.
constexpr Statement kLock{.name = "inventory.lock",
                          .sql =
                              "SELECT product_id, quantity, reserved, version "
                              "FROM product_stocks WHERE product_id = ANY($1) AND quantity > 0 "
                              "ORDER BY product_id FOR UPDATE",
                          .kind = Kind::kWrite,
                          .index = "idx_product_stocks_product_id"};

// All rows, those of products without units too.
constexpr Statement kLockAll{.name = "inventory.lock_all",
                             .sql =
                                 "SELECT product_id FROM product_stocks "
                                 "WHERE product_id = ANY($1) ORDER BY product_id FOR UPDATE",
                             .kind = Kind::kWrite,
                             .index = "product_stocks_pkey"};

// The trigger that logs other writers' changes skips rows whose `noted` was raised. A deleted row
// is not changed.
#define SOUK_RAISED "noted = s.noted + 1, version = s.version + 1, updated_at = now() "
// `units`: the sums of a product's movements.
#define SOUK_MOVED(units)                                             \
  "FROM (SELECT product_id, " units                                   \
  " FROM moved GROUP BY product_id) m "                               \
  "WHERE s.product_id = m.product_id RETURNING " SOUK_CHANGED_COLUMNS \
  "), "                                                               \
  "ledger AS (INSERT INTO stock_movements (product_id, on_hand, reserved, reason, cause_id) "
#define SOUK_OF_CHANGED \
  "FROM moved WHERE product_id IN (SELECT product_id FROM changed)) SELECT * FROM changed"

// Heap-only, because no index has `reserved`: orders contend for this row.
constexpr Statement kPromise{
    .name = "inventory.promise",
    .sql =
        "WITH moved AS (SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[]) "
        "m(product_id, reserved, reason, cause_id)), "
        "changed AS (UPDATE product_stocks s SET reserved = s.reserved + m.reserved, " SOUK_RAISED
        SOUK_MOVED("sum(reserved) AS reserved")
        "SELECT product_id, 0, reserved, reason, cause_id " SOUK_OF_CHANGED,
    .kind = Kind::kWrite,
    .index = "product_stocks_pkey"};

constexpr Statement kMove{
    .name = "inventory.move",
    .sql =
        "WITH moved AS (SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], "
        "$5::int[]) m(product_id, reserved, reason, cause_id, on_hand)), "
        "changed AS (UPDATE product_stocks s SET quantity = s.quantity + m.on_hand, "
        "reserved = s.reserved + m.reserved, " SOUK_RAISED
        SOUK_MOVED("sum(on_hand) AS on_hand, sum(reserved) AS reserved")
        "SELECT product_id, on_hand, reserved, reason, cause_id " SOUK_OF_CHANGED,
    .kind = Kind::kWrite,
    .index = "product_stocks_pkey"};

constexpr Statement kVersions{.name = "inventory.versions",
                              .sql =
                                  "SELECT product_id, version, greatest(0, (1e6 * "
                                  "extract(epoch FROM clock_timestamp() - updated_at))::bigint) "
                                  "FROM product_stocks WHERE product_id = ANY($1)",
                              .kind = Kind::kPoint,
                              .index = "product_stocks_pkey"};

constexpr std::array kStatements = {&kFind,    &kSetOnHand, &kLock,    &kLockAll,
                                    &kPromise, &kMove,      &kVersions};

constexpr auto kStockRow =
    postgres::row_of(&Stock::product_id, &Stock::on_hand, &Stock::reserved, &Stock::version);

constexpr auto kChangedRow =
    postgres::row_of(postgres::at(&Changed::stock, kStockRow), &Changed::by);
constexpr auto kVersionRow =
    postgres::row_of(&StockVersion::id, &StockVersion::version, &StockVersion::age);

constexpr std::array<std::string_view, 5> kReasonNames = {"held", "ordered", "released", "shipped",
                                                          "returned"};

// Movements by column.
struct Columns {
  explicit Columns(std::span<const Movement> movements) {
    for (const auto& movement : movements) {
      products.push_back(movement.product_id);
      on_hand.push_back(movement.on_hand);
      reserved.push_back(movement.reserved);
      reasons.push_back(name_of(kReasonNames, movement.reason));
      causes.push_back(movement.cause);
    }
  }

  std::vector<ProductId> products;
  std::vector<std::int32_t> on_hand;
  std::vector<std::int32_t> reserved;
  std::vector<std::string_view> reasons;
  std::vector<Uuid> causes;
};

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::vector<Stock>> find(postgres::Pool& pool, runtime::Context& context,
                                       std::vector<ProductId> ids) {
  co_return (co_await pool.query(context, kFind, ids)).as(kStockRow);
}

runtime::Task<std::expected<Changed, SetRefused>> set_on_hand(postgres::Pool& pool,
                                                              runtime::Context& context,
                                                              ProductId id, std::int32_t on_hand,
                                                              const VersionCondition& condition) {
  SetRefused refused{};
  try {
    const auto rows = co_await pool.query(context, kSetOnHand, id, std::int64_t{on_hand},
                                          condition.among, condition.not_among);
    if (rows.empty()) {
      refused = SetRefused::kUnknownProduct;
    } else if (!rows[0].get<bool>(0)) {
      refused = SetRefused::kOtherVersion;
    } else {
      co_return kChangedRow(rows[0], 1);
    }
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

postgres::Call lock(std::span<const ProductId> products) { return postgres::call(kLock, products); }

postgres::Call lock_all(std::span<const ProductId> products) {
  return postgres::call(kLockAll, products);
}

std::vector<Stock> read_stocks(const postgres::Rows& rows) { return rows.as(kStockRow); }

postgres::Call promise(std::span<const Movement> movements) {
  const Columns columns(movements);
  return postgres::call(kPromise, columns.products, columns.reserved, columns.reasons,
                        columns.causes);
}

postgres::Call move(std::span<const Movement> movements) {
  const Columns columns(movements);
  return postgres::call(kMove, columns.products, columns.reserved, columns.reasons, columns.causes,
                        columns.on_hand);
}

std::vector<Changed> read_changed(const postgres::Rows& rows) { return rows.as(kChangedRow); }

runtime::Task<std::vector<StockVersion>> versions(postgres::Pool& pool, runtime::Context& context,
                                                  std::vector<ProductId> ids) {
  co_return (co_await pool.query(context, kVersions, ids)).as(kVersionRow);
}

}  // namespace souk::inventory::store
