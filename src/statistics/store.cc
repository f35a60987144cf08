#include "statistics/store.h"

#include <algorithm>
#include <array>
#include <string>

namespace souk::statistics::store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

constexpr Statement kInsertNew{.name = "statistics.insert_new",
                               .sql =
                                   "INSERT INTO statistics_events (event_id) SELECT * FROM "
                                   "unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id",
                               .kind = Kind::kWrite};

// Deletes more than a default batch inserts. FOR UPDATE keeps the rows from moving.
constexpr Statement kDeleteBefore{
    .name = "statistics.delete_before",
    .sql =
        "DELETE FROM statistics_events WHERE ctid = ANY(ARRAY(SELECT ctid FROM statistics_events "
        "WHERE event_id < $1 ORDER BY event_id LIMIT 120 FOR UPDATE SKIP LOCKED))",
    .kind = Kind::kWrite,
    .index = "statistics_events_pkey"};

// Saturates at the largest bigint, as sums.cc does.
#define SOUK_ADD_AMOUNT(column) \
  " " column " = least(s." column "::numeric + excluded." column ", 9223372036854775807)::bigint"

// Days are counted from 1970-01-01.
constexpr Statement kAddDays{
    .name = "statistics.add_days",
    .sql =
        "INSERT INTO order_statistics AS s (day, currency, placed, placed_amount, paid,"
        " paid_amount, cancelled, cancelled_amount, refunded, refunded_amount) "
        "SELECT date '1970-01-01' + day, currency, placed, placed_amount, paid, paid_amount,"
        " cancelled, cancelled_amount, refunded, refunded_amount "
        "FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[],"
        " $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])"
        " AS sums (day, currency, placed, placed_amount, paid, paid_amount, cancelled,"
        " cancelled_amount, refunded, refunded_amount) "
        "ON CONFLICT (day, currency) DO UPDATE SET"
        " placed = s.placed + excluded.placed,"
        SOUK_ADD_AMOUNT("placed_amount") ","
        " paid = s.paid + excluded.paid,"
        SOUK_ADD_AMOUNT("paid_amount") ","
        " cancelled = s.cancelled + excluded.cancelled,"
        SOUK_ADD_AMOUNT("cancelled_amount") ","
        " refunded = s.refunded + excluded.refunded,"
        SOUK_ADD_AMOUNT("refunded_amount"),
    .kind = Kind::kWrite};
static_assert(kColumns == 4, "the statement above says so too");

constexpr Statement kAddProducts{
    .name = "statistics.add_products",
    .sql =
        "INSERT INTO product_statistics AS s (day, product_id, currency, units, revenue) "
        "SELECT date '1970-01-01' + day, product_id, currency, units, revenue "
        "FROM unnest($1::int[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[])"
        " AS sums (day, product_id, currency, units, revenue) "
        "ON CONFLICT (day, product_id, currency) DO UPDATE SET"
        " units = s.units + excluded.units," SOUK_ADD_AMOUNT("revenue"),
    .kind = Kind::kWrite};

// By day, without a product; and by day and product.
constexpr Statement kSumsOfOrders{
    .name = "statistics.sums_of_orders",
    .sql =
        "WITH placed AS MATERIALIZED (SELECT id, total, currency,"
        " (order_date AT TIME ZONE 'UTC')::date - date '1970-01-01' AS day "
        "FROM orders WHERE id = ANY($1)) "
        "SELECT day, NULL::uuid, count(*),"
        " least(sum(total), 9223372036854775807)::bigint, currency "
        "FROM placed GROUP BY day, currency UNION ALL "
        "SELECT p.day, i.product_id, sum(i.quantity)::bigint,"
        " least(sum(i.quantity * i.unit_price::numeric), 9223372036854775807)::bigint, p.currency "
        "FROM placed p JOIN order_items i ON i.order_id = p.id "
        "GROUP BY p.day, i.product_id, p.currency",
    .kind = Kind::kPoint,
    .index = "orders_pkey"};

constexpr Statement kAddVisits{
    .name = "statistics.add_visits",
    .sql =
        "INSERT INTO visit_statistics AS s (day, slower_than_ms, visits, with_hold, with_order,"
        " with_payment) SELECT date '1970-01-01' + day, slower_than_ms, visits, with_hold,"
        " with_order, with_payment "
        "FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])"
        " AS sums (day, slower_than_ms, visits, with_hold, with_order, with_payment) "
        "ON CONFLICT (day, slower_than_ms) DO UPDATE SET visits = s.visits + excluded.visits,"
        " with_hold = s.with_hold + excluded.with_hold,"
        " with_order = s.with_order + excluded.with_order,"
        " with_payment = s.with_payment + excluded.with_payment",
    .kind = Kind::kWrite};

constexpr Statement kBestSellers{
    .name = "statistics.best_sellers",
    .sql =
        "SELECT product_id FROM (SELECT product_id, units FROM product_statistics"
        " WHERE day >= (SELECT max(day) FROM product_statistics) - 1"
        " ORDER BY day DESC LIMIT 20000) lately "
        "GROUP BY product_id ORDER BY sum(units) DESC, product_id LIMIT $1",
    .kind = Kind::kScan,
    .index = "product_statistics_pkey"};
static_assert(kMaxRanked == 20'000, "the statement above says so too");

constexpr std::array kStatements = {&kInsertNew, &kDeleteBefore, &kAddDays,     &kAddProducts,
                                    &kAddVisits, &kBestSellers,  &kSumsOfOrders};

struct SumOfOrders {
  std::int32_t day = 0;              // since 1970-01-01
  std::optional<ProductId> product;  // nothing: a sum of orders
  std::int64_t count = 0;            // orders or units
  Money amount;
};
constexpr auto kSumOfOrdersRow = postgres::row_of(&SumOfOrders::day, &SumOfOrders::product,
                                                  &SumOfOrders::count, &SumOfOrders::amount);

std::chrono::sys_days day_of(std::int32_t number) {
  return std::chrono::sys_days(std::chrono::days(number));
}

std::int32_t number_of(std::chrono::sys_days day) {
  return static_cast<std::int32_t>(day.time_since_epoch().count());
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

// Sorted, in every batch, to prevent deadlocks.
postgres::Call insert_new(std::span<const Counted> events) {
  std::vector<Uuid> ids;
  for (const auto& counted : events) ids.push_back(counted.event);
  std::ranges::sort(ids);
  return postgres::call(kInsertNew, ids);
}

std::vector<Uuid> read_inserted(const postgres::Rows& rows) { return rows.as<Uuid>(); }

postgres::Call delete_before(const Uuid& before) { return postgres::call(kDeleteBefore, before); }

postgres::Call sums_of_orders(std::span<const Uuid> orders) {
  return postgres::call(kSumsOfOrders, orders);
}

std::int64_t add_orders(const postgres::Rows& rows, Sums& sums) {
  std::int64_t orders = 0;
  constexpr auto kPlaced = static_cast<std::size_t>(What::kPlaced);
  for (const auto& [day, product, count, amount] : rows.as(kSumOfOrdersRow)) {
    if (product) {
      auto& of_product = sums.products[{day_of(day), *product, amount.currency}];
      add_saturating(of_product.units, count);
      add_saturating(of_product.revenue, amount.amount);
    } else {
      auto& of_day = sums.days[{day_of(day), amount.currency}];
      add_saturating(of_day.events.at(kPlaced), count);
      add_saturating(of_day.amounts.at(kPlaced), amount.amount);
      orders += count;
    }
  }
  return orders;
}

postgres::Call add_days(const Sums& sums) {
  std::vector<std::int32_t> days;
  std::vector<std::string> currencies;
  std::array<std::vector<std::int64_t>, kColumns> events;
  std::array<std::vector<std::int64_t>, kColumns> amounts;
  for (const auto& [key, of_day] : sums.days) {
    const auto& [day, currency] = key;
    days.push_back(number_of(day));
    currencies.emplace_back(currency.text());
    for (std::size_t i = 0; i < kColumns; ++i) {
      events.at(i).push_back(of_day.events.at(i));
      amounts.at(i).push_back(of_day.amounts.at(i));
    }
  }
  return postgres::call(kAddDays, days, currencies, events[0], amounts[0], events[1], amounts[1],
                        events[2], amounts[2], events[3], amounts[3]);
}

postgres::Call add_products(const Sums& sums) {
  std::vector<std::int32_t> days;
  std::vector<ProductId> products;
  std::vector<std::string> currencies;
  std::vector<std::int64_t> units;
  std::vector<std::int64_t> revenues;
  for (const auto& [key, of_product] : sums.products) {
    const auto& [day, product, currency] = key;
    days.push_back(number_of(day));
    products.push_back(product);
    currencies.emplace_back(currency.text());
    units.push_back(of_product.units);
    revenues.push_back(of_product.revenue);
  }
  return postgres::call(kAddProducts, days, products, currencies, units, revenues);
}

runtime::Task<std::vector<ProductId>> best_sellers(postgres::Pool& pool, runtime::Context& context,
                                                   std::size_t count) {
  const auto limit = static_cast<std::int64_t>(count);
  co_return (co_await pool.query(context, kBestSellers, limit)).as<ProductId>();
}

runtime::Task<void> add_visits(postgres::Pool& pool, runtime::Context& context,
                               const VisitSums& sums) {
  std::vector<std::int32_t> days;
  std::vector<std::int32_t> bounds;
  std::array<std::vector<std::int64_t>, 4> counts;
  for (const auto& [key, sum] : sums) {
    days.push_back(number_of(key.first));
    bounds.push_back(key.second);
    counts[0].push_back(sum.visits);
    counts[1].push_back(sum.with_hold);
    counts[2].push_back(sum.with_order);
    counts[3].push_back(sum.with_payment);
  }
  co_await pool.query(context, kAddVisits, days, bounds, counts[0], counts[1], counts[2],
                      counts[3]);
}

}  // namespace souk::statistics::store
