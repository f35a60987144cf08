#include "inventory/ledger_store.h"

#include <array>
#include <limits>

namespace souk::inventory::ledger_store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

constexpr Statement kWithKey{
    .name = "inventory.adjustment_with_key",
    .sql =
        "SELECT id, product_id, change, reason, on_hand, created_at FROM stock_adjustments "
        "WHERE user_id = $1 AND idempotency_key = $2",
    .kind = Kind::kPoint,
    .index = "stock_adjustments_user_id_idempotency_key_key"};

constexpr Statement kBeginStock{
    .name = "inventory.begin_stock",
    .sql =
        "INSERT INTO product_stocks (product_id) SELECT id FROM products WHERE id = $1 "
        "ON CONFLICT DO NOTHING",
    .kind = Kind::kWrite,
    .index = "products_pkey"};

// The trigger that logs other writers' changes skips rows whose `noted` was raised.
constexpr Statement kAdjust{
    .name = "inventory.adjust",
    .sql =
        "WITH current AS (SELECT product_id, quantity, reserved FROM product_stocks "
        "WHERE product_id = $1 FOR UPDATE), "
        "changed AS (UPDATE product_stocks s SET quantity = s.quantity + $2, noted = s.noted + 1, "
        "version = s.version + 1, updated_at = now() FROM current c "
        "WHERE s.product_id = c.product_id AND c.quantity + $2 BETWEEN c.reserved AND 1000000000 "
        "RETURNING s.product_id, s.quantity, s.reserved, s.version), "
        "adjustment AS (INSERT INTO stock_adjustments "
        "(id, product_id, change, reason, on_hand, user_id, idempotency_key) "
        "SELECT $3, product_id, $2, $4, quantity, $5, $6 FROM changed RETURNING created_at), "
        "ledger AS (INSERT INTO stock_movements (product_id, on_hand, reserved, reason, cause_id) "
        "SELECT product_id, $2, 0, 'adjusted', $3 FROM changed) "
        "SELECT changed.product_id, changed.quantity, changed.reserved, changed.version, "
        "pg_current_xact_id()::text::bigint, adjustment.created_at "
        "FROM current LEFT JOIN changed ON true LEFT JOIN adjustment ON true",
    .kind = Kind::kWrite,
    .index = "product_stocks_pkey"};
static_assert(kMaxQuantity == 1'000'000'000, "the statement above says so too");

constexpr Statement kMovements{
    .name = "inventory.movements",
    .sql =
        "SELECT page.*, a.reason FROM (SELECT m.id, m.on_hand, m.reserved, m.reason AS kind, "
        "m.cause_id, m.moved_at FROM stock_movements m WHERE m.product_id = $1 AND m.id < $2 "
        "ORDER BY m.id DESC LIMIT 101) page "
        "LEFT JOIN stock_adjustments a ON page.kind = 'adjusted' AND a.id = page.cause_id "
        "ORDER BY page.id DESC LIMIT $3",
    .kind = Kind::kScan,
    .index = "stock_movements_pkey"};

// No index has what is available: it would cost every order an index entry. So the stocks are read
// in the order of products, a limited number for a page. The first column is where that ended.
constexpr Statement kLow{
    .name = "inventory.low",
    .sql =
        "WITH examined AS MATERIALIZED (SELECT e.*, row_number() OVER (ORDER BY e.product_id) AS "
        "number FROM (SELECT product_id, quantity, reserved, version FROM product_stocks "
        "WHERE product_id > $1 ORDER BY product_id LIMIT 20000) e), "
        "edge AS (SELECT (SELECT product_id FROM examined WHERE number = 20000) AS id), "
        "page AS (SELECT e.product_id, e.quantity, e.reserved, e.version, p.sku, p.name "
        "FROM examined e JOIN products p ON p.id = e.product_id "
        "WHERE e.quantity - e.reserved < $2 AND p.is_active ORDER BY e.product_id LIMIT $3) "
        "SELECT edge.id, page.* FROM edge LEFT JOIN page ON true ORDER BY page.product_id",
    .kind = Kind::kScan,
    .index = "product_stocks_pkey"};
static_assert(kMaxExamined == 20'000, "the statement above says so too");

constexpr std::array kStatements = {&kWithKey, &kBeginStock, &kAdjust, &kMovements, &kLow};

constexpr auto kAdjustmentRow =
    postgres::row_of(&Adjustment::id, &Adjustment::product_id, &Adjustment::change,
                     &Adjustment::reason, &Adjustment::on_hand, &Adjustment::created_at);
constexpr auto kStockRow =
    postgres::row_of(&Stock::product_id, &Stock::on_hand, &Stock::reserved, &Stock::version);
constexpr auto kMadeRow = postgres::row_of(
    postgres::at(&Made::changed,
                 postgres::row_of(postgres::at(&Changed::stock, kStockRow), &Changed::by)),
    &Made::created_at);
constexpr auto kMovementRow = postgres::row_of(
    &ListedMovement::id, &ListedMovement::on_hand, &ListedMovement::reserved, &ListedMovement::kind,
    &ListedMovement::cause_id, &ListedMovement::moved_at, &ListedMovement::reason);
constexpr auto kLowRow =
    postgres::row_of(postgres::at(&LowStock::stock, kStockRow), &LowStock::sku, &LowStock::name);

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::optional<Adjustment>> with_key(postgres::Pool& pool, runtime::Context& context,
                                                  UserId user, const std::string& key) {
  co_return (co_await pool.query(context, kWithKey, user, key)).optional(kAdjustmentRow);
}

postgres::Call begin_stock(ProductId product) { return postgres::call(kBeginStock, product); }

postgres::Call adjust(const Uuid& id, const AdjustmentDraft& draft) {
  return postgres::call(kAdjust, draft.product_id, draft.change, id, draft.reason, draft.by,
                        draft.idempotency_key);
}

std::optional<Made> read_adjusted(const postgres::Rows& rows) {
  if (rows[0].is_null(0)) return std::nullopt;
  return rows.one(kMadeRow);
}

runtime::Task<std::vector<ListedMovement>> movements(postgres::Pool& pool,
                                                     runtime::Context& context, ProductId product,
                                                     std::optional<MovementCursor> after,
                                                     std::size_t rows) {
  const auto before = after ? after->id : std::numeric_limits<std::int64_t>::max();
  co_return (
      co_await pool.query(context, kMovements, product, before, static_cast<std::int64_t>(rows)))
      .as(kMovementRow);
}

runtime::Task<Low> low(postgres::Pool& pool, runtime::Context& context, std::int64_t below,
                       std::optional<LowStockCursor> after, std::size_t rows) {
  const auto found = co_await pool.query(context, kLow, after ? after->id : ProductId(), below,
                                         static_cast<std::int64_t>(rows));
  Low low;
  for (std::size_t i = 0; i < found.size(); ++i) {
    low.edge = found[i].get<std::optional<ProductId>>(0);
    if (!found[i].is_null(1)) low.items.push_back(kLowRow(found[i], 1));
  }
  co_return low;
}

}  // namespace souk::inventory::ledger_store
