#include "reports/store.h"

#include <array>
#include <map>
#include <string>

#include "base/first_id.h"

namespace souk::reports::store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

// Plans the cursor for all of its rows, not for the first ones.
constexpr Statement kPrepareExport{
    .name = "reports.prepare_export",
    .sql =
        "SELECT set_config('idle_in_transaction_session_timeout', $1, true), "
        "set_config('cursor_tuple_fraction', '1', true)",
    .kind = Kind::kScan};

// Planned at execution for this span: a merge of two indexes for a long one, orders by date with
// item look-ups for a short one. Keyset pagination would look up every item.
constexpr Statement kOpenExport{
    .name = "reports.open_export",
    .sql =
        "DECLARE reports_export NO SCROLL CURSOR FOR "
        "SELECT o.id, o.user_id, o.status, o.order_date, o.total, o.currency, "
        "i.line_no, i.product_id, i.product_name, i.quantity, i.unit_price, "
        "o.number, o.email, o.recipient, o.line1, o.line2, o.city, o.postal_code, o.country, "
        "shipped_units(o.status, o.cancelled_at, i.quantity - i.released, i.shipped), "
        "i.refunded, CASE WHEN o.status = 'refunded' THEN o.total ELSE o.refunded END "
        "FROM orders o LEFT JOIN order_items i ON i.order_id = o.id "
        "WHERE o.order_date >= $1 AND o.order_date < $2 ORDER BY o.id, i.line_no",
    .kind = Kind::kScan};

constexpr Statement kFetchExport{
    .name = "reports.fetch_export", .sql = "FETCH 2000 FROM reports_export", .kind = Kind::kScan};
static_assert(kRowsPerPiece == 2'000, "the statement above says so too");

// Sums saturate at the largest bigint: larger ones are corrupt data.
constexpr Statement kTotals{
    .name = "reports.totals",
    .sql =
        "SELECT day, currency, status, count(*), "
        "least(sum(total), 9223372036854775807)::bigint "
        "FROM (SELECT date_trunc('day', order_date AT TIME ZONE $3) AT TIME ZONE 'UTC' AS day, "
        "currency, status, total - refunded AS total, "
        "status NOT IN ('cancelled', 'refunded') AS stands "
        "FROM orders WHERE order_date >= $1 AND order_date < $2) o "
        "GROUP BY GROUPING SETS ((stands, day, currency), (status)) "
        "HAVING stands OR status IS NOT NULL "
        "ORDER BY day, currency, count(*) DESC, status",
    .kind = Kind::kScan,
    .index = "idx_orders_date"};

constexpr Statement kTopProducts{
    .name = "reports.top_products",
    .sql =
        "SELECT t.product_id, p.name, t.units, t.total, t.currency "
        "FROM (SELECT i.product_id, o.currency, sum(i.quantity - i.refunded)::bigint AS units, "
        "least(sum((i.quantity - i.refunded) * i.unit_price::numeric), "
        "9223372036854775807)::bigint AS total "
        "FROM orders o JOIN order_items i ON i.order_id = o.id "
        "WHERE o.order_date >= $1 AND o.order_date < $2 "
        "AND o.status NOT IN ('cancelled', 'refunded') "
        "GROUP BY i.product_id, o.currency HAVING sum(i.quantity - i.refunded) > 0 "
        "ORDER BY units DESC, i.product_id LIMIT 10) t "
        "JOIN products p ON p.id = t.product_id ORDER BY t.units DESC, t.product_id, t.currency",
    .kind = Kind::kScan,
    .index = "idx_orders_date"};
static_assert(reports::kTopProducts == 10, "the statement above says so too");

// Ids have the time of their rows by the clock of a node; $4 and $5 are wider by a margin.
// Administrators buy nothing. As rows, for the index of both columns; see accounts/audit.cc.
constexpr Statement kSessionsByDay{
    .name = "reports.sessions_by_day",
    .sql =
        "SELECT date_trunc('day', a.at AT TIME ZONE $3) AT TIME ZONE 'UTC' AS day, count(*), "
        "count(DISTINCT a.user_id) FROM audit_log a LEFT JOIN users u ON u.id = a.user_id "
        "WHERE a.action = 'signIn' AND (a.action, a.id) >= ('signIn', $4) "
        "AND (a.action, a.id) < ('signIn', $5) AND a.at >= $1 AND a.at < $2 "
        "AND u.role IS DISTINCT FROM 'admin' GROUP BY day",
    .kind = Kind::kScan,
    .index = "audit_log_of_action"};

constexpr Statement kHoldsByDay{
    .name = "reports.holds_by_day",
    .sql =
        "SELECT date_trunc('day', created_at AT TIME ZONE $3) AT TIME ZONE 'UTC' AS day, count(*) "
        "FROM reservations WHERE id >= $4 AND id < $5 AND created_at >= $1 AND created_at < $2 "
        "GROUP BY day",
    .kind = Kind::kScan,
    .index = "reservations_pkey"};

// A refunded order was paid; a cancelled one was not.
constexpr Statement kOrdersByDay{
    .name = "reports.orders_by_day",
    .sql =
        "SELECT date_trunc('day', order_date AT TIME ZONE $3) AT TIME ZONE 'UTC' AS day, count(*), "
        "count(*) FILTER (WHERE status IN "
        "('paid', 'partially_shipped', 'shipped', 'delivered', 'refunded')) "
        "FROM orders WHERE order_date >= $1 AND order_date < $2 GROUP BY day",
    .kind = Kind::kScan,
    .index = "idx_orders_date"};

// Days are counted from 1970-01-01.
constexpr Statement kVisits{
    .name = "reports.visits",
    .sql =
        "SELECT slower_than_ms, sum(visits)::bigint, sum(with_hold)::bigint, "
        "sum(with_order)::bigint, sum(with_payment)::bigint FROM visit_statistics "
        "WHERE day >= date '1970-01-01' + $1::int AND day < date '1970-01-01' + $2::int "
        "GROUP BY slower_than_ms ORDER BY slower_than_ms",
    .kind = Kind::kScan,
    .index = "visit_statistics_pkey"};

// AT TIME ZONE accepts many invented names, so the name is looked up; names with a small first
// letter are not IANA's (localtime, posix/...).
constexpr Statement kResolve{
    .name = "reports.resolve",
    .sql =
        "SELECT CASE WHEN $3 THEN $1::timestamptz AT TIME ZONE 'UTC' AT TIME ZONE name "
        "ELSE $1 END, "
        "CASE WHEN $4 THEN $2::timestamptz AT TIME ZONE 'UTC' AT TIME ZONE name ELSE $2 END "
        "FROM pg_timezone_names WHERE name = $5 AND name ~ '^[A-Z]'",
    .kind = Kind::kScan};

constexpr std::array kStatements = {&kResolve,    &kTotals,      &kTopProducts, &kSessionsByDay,
                                    &kHoldsByDay, &kOrdersByDay, &kVisits};

constexpr std::chrono::hours kMargin{1};  // between a row's time and that of its id

using Address = ExportedOrder::Address;
constexpr auto kAddressRow =
    postgres::row_of(&Address::recipient, &Address::line1, &Address::line2, &Address::city,
                     &Address::postal_code, &Address::country);
constexpr std::size_t kFirstOfAddress = 13;  // column of open_export
constexpr std::size_t kShipped = 19;
constexpr std::size_t kRefundedUnits = 20;
constexpr std::size_t kRefunded = 21;
constexpr auto kSpanRow = postgres::row_of(&Span::from, &Span::to);
constexpr auto kGroupRow =
    postgres::row_of(&VisitReport::Group::slower_than_ms, &VisitReport::Group::visits,
                     &VisitReport::Group::with_hold, &VisitReport::Group::with_order,
                     &VisitReport::Group::with_payment);
constexpr auto kProductRow =
    postgres::row_of(&OrderReport::Product::id, &OrderReport::Product::name,
                     &OrderReport::Product::quantity, &OrderReport::Product::total);

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

postgres::Call prepare_export(std::chrono::milliseconds patience) {
  return postgres::call(kPrepareExport, std::to_string(patience.count()));
}

postgres::Call open_export(const Span& span) {
  return postgres::call(kOpenExport, span.from, span.to);
}

postgres::Transaction::Ahead next_piece(postgres::Transaction& transaction) {
  return transaction.send_ahead(kFetchExport);
}

void begin_order(const postgres::Row& row, ExportedOrder& order) {
  order.id = row.get<OrderId>(0);
  order.user_id = row.get<UserId>(1);
  order.status = row.get<std::string_view>(2);
  order.order_date = row.get<Timestamp>(3);
  order.total = {row.get<std::int64_t>(4), row.get<Currency>(5)};
  order.items.clear();
  order.number = row.get<std::optional<std::string_view>>(11);
  order.email = row.get<std::optional<std::string_view>>(12);
  order.refunded = {row.get<std::int64_t>(kRefunded), order.total.currency};
  order.delivery_address.reset();
  if (!row.is_null(kFirstOfAddress)) order.delivery_address = kAddressRow(row, kFirstOfAddress);
}

bool add_item(const postgres::Row& row, ExportedOrder& order) {
  if (row.get<OrderId>(0) != order.id) return false;
  if (row.is_null(6)) return true;
  order.items.push_back({.line_no = row.get<std::int16_t>(6),
                         .product_id = row.get<ProductId>(7),
                         .product_name = row.get<std::string_view>(8),
                         .quantity = row.get<std::int32_t>(9),
                         .unit_price = {row.get<std::int64_t>(10), order.total.currency},
                         .shipped = row.get<std::int32_t>(kShipped),
                         .refunded = row.get<std::int32_t>(kRefundedUnits)});
  return true;
}

runtime::Task<std::optional<Span>> resolve(postgres::Pool& pool, runtime::Context& context,
                                           const ReportRange& range) {
  co_return (co_await pool.query(context, kResolve, range.span.from, range.span.to,
                                 range.from_is_date, range.to_is_date, range.timezone))
      .optional(kSpanRow);
}

runtime::Task<std::vector<VisitReport::Group>> visits(postgres::Pool& pool,
                                                      runtime::Context& context, const Span& span) {
  const auto number_of = [](Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time).time_since_epoch();
    return static_cast<std::int32_t>(day.count());
  };
  co_return (co_await pool.query(context, kVisits, number_of(span.from), number_of(span.to)))
      .as(kGroupRow);
}

postgres::Call totals(const Span& span, std::string_view timezone) {
  return postgres::call(kTotals, span.from, span.to, timezone);
}

postgres::Call top_products(const Span& span) {
  return postgres::call(kTopProducts, span.from, span.to);
}

postgres::Call sessions_by_day(const Span& span, std::string_view timezone) {
  return postgres::call(kSessionsByDay, span.from, span.to, timezone, first_id(span.from - kMargin),
                        first_id(span.to + kMargin));
}

postgres::Call holds_by_day(const Span& span, std::string_view timezone) {
  return postgres::call(kHoldsByDay, span.from, span.to, timezone, first_id(span.from - kMargin),
                        first_id(span.to + kMargin));
}

postgres::Call orders_by_day(const Span& span, std::string_view timezone) {
  return postgres::call(kOrdersByDay, span.from, span.to, timezone);
}

std::vector<ConversionReport::Day> conversion_days(const postgres::Rows& sessions,
                                                   const postgres::Rows& holds,
                                                   const postgres::Rows& orders) {
  using Day = ConversionReport::Day;
  std::map<Timestamp, Day> days;
  const auto add = [&days](const postgres::Rows& rows, auto... members) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto& day = days[rows[i].get<Timestamp>(0)];
      std::size_t column = 1;
      ((day.*members = rows[i].get<std::int64_t>(column++)), ...);
    }
  };
  add(sessions, &Day::sessions, &Day::customers);
  add(holds, &Day::holds);
  add(orders, &Day::orders, &Day::paid);
  std::vector<Day> ordered;
  for (auto& [date, day] : days) {
    day.date = date;
    ordered.push_back(day);
  }
  return ordered;
}

void read_totals(const postgres::Rows& rows, OrderReport& report) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    const auto count = row.get<std::int64_t>(3);
    if (row.is_null(2)) {
      report.days.push_back(
          {row.get<Timestamp>(0), count, {row.get<std::int64_t>(4), row.get<Currency>(1)}});
    } else {
      report.statuses.push_back({row.get<std::string>(2), count});
    }
  }
}

void read_top_products(const postgres::Rows& rows, OrderReport& report) {
  report.top_products = rows.as(kProductRow);
}

}  // namespace souk::reports::store
