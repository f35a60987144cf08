#include "orders/store.h"

#include <array>

namespace souk::orders::store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

constexpr Statement kFind{
    .name = "orders.find",
    .sql =
        "SELECT o.id, o.user_id, o.status, o.order_date, o.total, o.currency, "
        "i.product_id, p.name, i.quantity, i.unit_price, o.currency "
        "FROM orders o JOIN order_items i ON i.order_id = o.id "
        "JOIN products p ON p.id = i.product_id WHERE o.id = $1 ORDER BY i.line_no",
    .kind = Kind::kPoint,
    .index = "orders_pkey"};

// The inner LIMIT is a constant for the planner, see catalog.newest.
constexpr Statement kList{
    .name = "orders.list",
    .sql =
        "SELECT o.id, o.user_id, o.status, o.order_date, o.total, o.currency, "
        "i.product_id, p.name, i.quantity, i.unit_price, o.currency "
        "FROM (SELECT * FROM (SELECT * FROM orders WHERE user_id = $1 "
        "AND (order_date, id) < ($2, $3) ORDER BY order_date DESC, id DESC LIMIT 101) newest "
        "LIMIT $4) o JOIN order_items i ON i.order_id = o.id "
        "JOIN products p ON p.id = i.product_id "
        "ORDER BY o.order_date DESC, o.id DESC, i.line_no",
    .kind = Kind::kScan,
    .index = "idx_orders_user_newest"};
static_assert(kMaxPageSize + 1 == 101, "the statement above says so too");

constexpr Statement kClaim{.name = "orders.claim",
                           .sql =
                               "INSERT INTO idempotency_keys (user_id, key, request_hash, "
                               "order_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING "
                               "RETURNING order_id",
                           .kind = Kind::kWrite};

constexpr Statement kFindClaim{.name = "orders.find_claim",
                               .sql =
                                   "SELECT request_hash, order_id FROM idempotency_keys "
                                   "WHERE user_id = $1 AND key = $2",
                               .kind = Kind::kPoint,
                               .index = "idempotency_keys_pkey"};

constexpr Statement kInsert{
    .name = "orders.insert",
    .sql =
        "WITH placed AS (INSERT INTO orders "
        "(id, user_id, status, order_date, total, currency, address_id) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id) "
        "INSERT INTO order_items (order_id, line_no, product_id, quantity, unit_price) "
        "SELECT placed.id, l.line_no, l.product_id, l.quantity, l.unit_price FROM placed, "
        "unnest($8::uuid[], $9::int[], $10::bigint[]) WITH ORDINALITY "
        "l(product_id, quantity, unit_price, line_no)",
    .kind = Kind::kWrite};

constexpr Statement kLock{
    .name = "orders.lock",
    .sql =
        "SELECT o.user_id, o.status, "
        "ARRAY(SELECT i.product_id FROM order_items i WHERE i.order_id = o.id "
        "ORDER BY i.line_no), "
        "ARRAY(SELECT i.quantity FROM order_items i WHERE i.order_id = o.id "
        "ORDER BY i.line_no) "
        "FROM orders o WHERE o.id = $1 FOR UPDATE",
    .kind = Kind::kWrite,
    .index = "orders_pkey"};

constexpr Statement kCancel{
    .name = "orders.cancel",
    .sql = "UPDATE orders SET status = 'cancelled', cancelled_at = $2 WHERE id = $1",
    .kind = Kind::kWrite,
    .index = "orders_pkey"};

constexpr std::array kStatements = {&kFind,   &kList, &kClaim, &kFindClaim,
                                    &kInsert, &kLock, &kCancel};

constexpr auto kOrderRow = postgres::row_of(&Order::id, &Order::user_id, &Order::status,
                                            &Order::order_date, &Order::total);
constexpr auto kItemRow = postgres::row_of(&OrderItem::product_id, &OrderItem::product_name,
                                           &OrderItem::quantity, &OrderItem::unit_price);
constexpr auto kClaimRow = postgres::row_of(&Claim::request_hash, &Claim::order_id);
constexpr auto kLockedRow =
    postgres::row_of(&Locked::user_id, &Locked::status, &Locked::products, &Locked::quantities);

// One row per line, the lines of an order together.
std::vector<Order> read_orders(const postgres::Rows& rows) {
  std::vector<Order> orders;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    const auto id = row.get<OrderId>(0);
    if (orders.empty() || orders.back().id != id) orders.push_back(kOrderRow(row));
    orders.back().items.push_back(kItemRow(row, kOrderRow.kColumns));
  }
  return orders;
}

// Later than every order, and a date that PostgreSQL can hold.
constexpr OrderCursor kBeforeAll = {.order_date =
                                        std::chrono::sys_days(std::chrono::year(9999) / 12 / 31)};

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::optional<Order>> find(postgres::Pool& pool, runtime::Context& context,
                                         OrderId id) {
  co_return read_order(co_await pool.query(context, kFind, id));
}

runtime::Task<std::vector<Order>> list(postgres::Pool& pool, runtime::Context& context,
                                       UserId buyer, std::size_t rows,
                                       std::optional<OrderCursor> after) {
  const auto start = after.value_or(kBeforeAll);
  co_return read_orders(co_await pool.query(context, kList, buyer, start.order_date, start.id,
                                            static_cast<std::int64_t>(rows)));
}

postgres::Call claim(UserId buyer, const IdempotencyKey& key, OrderId id) {
  return postgres::call(kClaim, buyer, key.key, key.request_hash, id);
}

postgres::Call find_claim(UserId buyer, const std::string& key) {
  return postgres::call(kFindClaim, buyer, key);
}

Claim read_claim(const postgres::Rows& rows) { return rows.one(kClaimRow); }

postgres::Call insert(const Order& order, std::optional<AddressId> address) {
  std::vector<ProductId> products;
  std::vector<std::int32_t> quantities;
  std::vector<std::int64_t> unit_prices;
  for (const auto& item : order.items) {
    products.push_back(item.product_id);
    quantities.push_back(item.quantity);
    unit_prices.push_back(item.unit_price.amount);
  }
  return postgres::call(kInsert, order.id, order.user_id, order.status, order.order_date,
                        order.total.amount, order.total.currency, address, products, quantities,
                        unit_prices);
}

postgres::Call lock(OrderId id) { return postgres::call(kLock, id); }

std::optional<Locked> read_locked(const postgres::Rows& rows) { return rows.optional(kLockedRow); }

postgres::Call cancel(OrderId id, Timestamp when) { return postgres::call(kCancel, id, when); }

postgres::Call find_call(OrderId id) { return postgres::call(kFind, id); }

std::optional<Order> read_order(const postgres::Rows& rows) {
  auto orders = read_orders(rows);
  if (orders.empty()) return std::nullopt;
  return std::move(orders.front());
}

}  // namespace souk::orders::store
