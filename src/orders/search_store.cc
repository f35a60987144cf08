#include "orders/search_store.h"

#include <array>

#include "orders/order_rows.h"

namespace souk::orders::search_store {
namespace {

using postgres::Statement;
using runtime::Context;
using runtime::Task;
using Kind = postgres::Statement::Kind;

// As the index users_words spells it.
constexpr Statement kBuyersNamed{
    .name = "orders.buyers_named",
    .sql =
        "SELECT id FROM users WHERE "
        "to_tsvector('simple', name || ' ' || translate(email, '@.+-_', '     ')) "
        "@@ to_tsquery('simple', $1) LIMIT 101",
    .kind = Kind::kScan,
    .index = "users_words"};
static_assert(kMaxBuyersFound + 1 == 101, "the statement above says so too");

constexpr Statement kBuyerWithEmail{.name = "orders.buyer_with_email",
                                    .sql = "SELECT id FROM users WHERE email = $1",
                                    .kind = Kind::kPoint,
                                    .index = "users_email_key"};

// $1, $2: before; $3: from; $4: status; $5: product; $6: rows. OFFSET 0 forces a look-up per order:
// hashing the lines of all orders costs more than a page needs.
#define SOUK_MATCHES                                                      \
  "($4::text IS NULL OR s.status = $4) AND ($5::uuid IS NULL OR EXISTS (" \
  "SELECT FROM order_items l WHERE l.order_id = s.id AND l.product_id = $5 OFFSET 0)) "
#define SOUK_FOUND(examined)                                                                       \
  "SELECT " SOUK_ORDER_COLUMNS ", u.name FROM (SELECT * FROM (" examined ") s WHERE " SOUK_MATCHES \
  "LIMIT $6) o JOIN users u ON u.id = o.user_id "                                                  \
  "JOIN order_items i ON i.order_id = o.id ORDER BY o.order_date DESC, o.id DESC, i.line_no"

#define SOUK_BY_DATE                                                    \
  "FROM orders WHERE (order_date, id) < ($1, $2) AND order_date >= $3 " \
  "ORDER BY order_date DESC, id DESC LIMIT 5000"
#define SOUK_BY_STATUS                                                        \
  "FROM orders WHERE status = $4 AND status NOT IN ('pending', 'delivered') " \
  "AND (order_date, id) < ($1, $2) AND order_date >= $3 "                     \
  "ORDER BY order_date DESC, id DESC LIMIT 5000"
static_assert(kMaxExamined == 5'000, "the statements below say so too");

constexpr Statement kByDate{.name = "orders.search_by_date",
                            .sql = SOUK_FOUND("SELECT * " SOUK_BY_DATE),
                            .kind = Kind::kScan,
                            .index = "idx_orders_date"};
constexpr Statement kByStatus{.name = "orders.search_by_status",
                              .sql = SOUK_FOUND("SELECT * " SOUK_BY_STATUS),
                              .kind = Kind::kScan,
                              .index = "orders_by_status"};
constexpr Statement kLastByDate{
    .name = "orders.last_by_date",
    .sql = "SELECT order_date, id FROM (SELECT order_date, id " SOUK_BY_DATE ") s OFFSET 4999",
    .kind = Kind::kScan,
    .index = "idx_orders_date"};
constexpr Statement kLastByStatus{
    .name = "orders.last_by_status",
    .sql = "SELECT order_date, id FROM (SELECT order_date, id " SOUK_BY_STATUS ") s OFFSET 4999",
    .kind = Kind::kScan,
    .index = "orders_by_status"};

// The LIMIT of each buyer's orders is a constant for the planner, see catalog.newest.
constexpr Statement kOfBuyers{
    .name = "orders.search_of_buyers",
    .sql = SOUK_FOUND("SELECT f.* FROM unnest($7::uuid[]) b(id) CROSS JOIN LATERAL ("
                      "SELECT * FROM orders s WHERE user_id = b.id "
                      "AND (order_date, id) < ($1, $2) AND order_date >= $3 AND " SOUK_MATCHES
                      "ORDER BY order_date DESC, id DESC LIMIT 101) f "
                      "ORDER BY f.order_date DESC, f.id DESC"),
    .kind = Kind::kScan,
    .index = "idx_orders_user_newest"};
static_assert(kMaxPageSize + 1 == 101, "the statement above says so too");

constexpr Statement kOfSerial{
    .name = "orders.search_serial",
    .sql = SOUK_FOUND("SELECT * FROM orders WHERE serial = $7 AND (order_date, id) < ($1, $2) "
                      "AND order_date >= $3"),
    .kind = Kind::kPoint,
    .index = "orders_serial"};

#undef SOUK_BY_STATUS
#undef SOUK_BY_DATE
#undef SOUK_FOUND
#undef SOUK_MATCHES

constexpr std::array kStatements = {&kBuyersNamed, &kBuyerWithEmail, &kByDate,   &kByStatus,
                                    &kLastByDate,  &kLastByStatus,   &kOfBuyers, &kOfSerial};

constexpr auto kCursorRow = postgres::row_of(&OrderCursor::order_date, &OrderCursor::id);

std::vector<FoundOrder> read_found(const postgres::Rows& rows) {
  return store::read_orders<FoundOrder>(rows, [](const postgres::Row& row) {
    return FoundOrder{store::kOrderRow(row), row.get<std::string>(store::kOrderColumns)};
  });
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

Task<std::vector<UserId>> buyers_named(postgres::Pool& pool, Context& context, std::string query) {
  co_return (co_await pool.query(context, kBuyersNamed, query)).as<UserId>();
}

Task<std::optional<UserId>> buyer_with_email(postgres::Pool& pool, Context& context,
                                             std::string email) {
  co_return (co_await pool.query(context, kBuyerWithEmail, email)).optional<UserId>();
}

bool has_index(Status status) { return status != Status::kPending && status != Status::kDelivered; }

Task<std::vector<FoundOrder>> find(postgres::Pool& pool, Context& context, const Range& range,
                                   const OrderFilter& filter, std::size_t rows) {
  co_return read_found(co_await pool.query(
      context, range.status ? kByStatus : kByDate, range.before.order_date, range.before.id,
      range.from, filter.status, filter.product, static_cast<std::int64_t>(rows)));
}

Task<std::optional<OrderCursor>> last_examined(postgres::Pool& pool, Context& context,
                                               const Range& range) {
  if (!range.status) {
    co_return (co_await pool.query(context, kLastByDate, range.before.order_date, range.before.id,
                                   range.from))
        .optional(kCursorRow);
  }
  co_return (co_await pool.query(context, kLastByStatus, range.before.order_date, range.before.id,
                                 range.from, *range.status))
      .optional(kCursorRow);
}

Task<std::vector<FoundOrder>> find_of(postgres::Pool& pool, Context& context,
                                      std::span<const UserId> buyers, const Range& range,
                                      const OrderFilter& filter, std::size_t rows) {
  co_return read_found(
      co_await pool.query(context, kOfBuyers, range.before.order_date, range.before.id, range.from,
                          filter.status, filter.product, static_cast<std::int64_t>(rows), buyers));
}

Task<std::vector<FoundOrder>> find_serial(postgres::Pool& pool, Context& context,
                                          std::int64_t serial, const Range& range,
                                          const OrderFilter& filter) {
  co_return read_found(co_await pool.query(context, kOfSerial, range.before.order_date,
                                           range.before.id, range.from, filter.status,
                                           filter.product, std::int64_t{1}, serial));
}

}  // namespace souk::orders::search_store
