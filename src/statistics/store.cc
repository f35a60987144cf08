#include "statistics/store.h"

#include <array>

namespace souk::statistics::store {
namespace {

using postgres::Statement;

// Rows are touched in the order of their keys by every batch, days before products, so that two
// batches cannot wait for each other; the count makes that order certain. A text is parsed in a
// step of its own, or it is parsed again for each of its members.
constexpr Statement kRecord{
    .name = "statistics.record",
    .sql =
        "WITH read AS MATERIALIZED (SELECT text::jsonb AS e FROM unnest($1::text[]) text),"
        " events AS MATERIALIZED ("
        "  SELECT DISTINCT ON (id) (e->>'id')::uuid AS id, e->>'type' AS kind,"
        "    ((e->>'createdAt')::timestamptz AT TIME ZONE 'UTC')::date AS day,"
        "    e->'data'->>'currency' AS currency, (e->'data'->>'total')::bigint AS total,"
        "    e->'data'->'items' AS items"
        "  FROM read ORDER BY id),"
        " fresh AS ("
        "  INSERT INTO statistics_events (event_id) SELECT id FROM events ORDER BY id"
        "  ON CONFLICT DO NOTHING RETURNING event_id),"
        " counted AS MATERIALIZED ("
        "  SELECT events.* FROM events JOIN fresh ON event_id = id),"
        " forgotten AS ("
        "  DELETE FROM statistics_events WHERE event_id IN ("
        "    SELECT event_id FROM statistics_events WHERE event_id < $2"
        "    ORDER BY event_id LIMIT 200 FOR UPDATE SKIP LOCKED)),"
        " days AS ("
        "  INSERT INTO order_statistics AS s (day, currency, placed, placed_amount, paid,"
        "    paid_amount, cancelled, cancelled_amount, refunded, refunded_amount)"
        "  SELECT day, currency,"
        "    count(*) FILTER (WHERE kind = 'order.placed'),"
        "    coalesce(sum(total) FILTER (WHERE kind = 'order.placed'), 0),"
        "    count(*) FILTER (WHERE kind = 'order.paid'),"
        "    coalesce(sum(total) FILTER (WHERE kind = 'order.paid'), 0),"
        "    count(*) FILTER (WHERE kind = 'order.cancelled'),"
        "    coalesce(sum(total) FILTER (WHERE kind = 'order.cancelled'), 0),"
        "    count(*) FILTER (WHERE kind = 'order.refunded'),"
        "    coalesce(sum(total) FILTER (WHERE kind = 'order.refunded'), 0)"
        "  FROM counted GROUP BY day, currency ORDER BY day, currency"
        "  ON CONFLICT (day, currency) DO UPDATE SET"
        "    placed = s.placed + excluded.placed,"
        "    placed_amount = s.placed_amount + excluded.placed_amount,"
        "    paid = s.paid + excluded.paid,"
        "    paid_amount = s.paid_amount + excluded.paid_amount,"
        "    cancelled = s.cancelled + excluded.cancelled,"
        "    cancelled_amount = s.cancelled_amount + excluded.cancelled_amount,"
        "    refunded = s.refunded + excluded.refunded,"
        "    refunded_amount = s.refunded_amount + excluded.refunded_amount"
        "  RETURNING 1) "
        "INSERT INTO product_statistics AS s (day, product_id, currency, units, revenue) "
        "SELECT day, (item->>'productId')::uuid AS product, currency,"
        "  sum((item->>'quantity')::bigint),"
        "  sum((item->>'quantity')::bigint * (item->>'unitPrice')::bigint) "
        "FROM counted CROSS JOIN LATERAL jsonb_array_elements(items) item "
        "WHERE kind = 'order.placed' AND (SELECT count(*) FROM days) >= 0 "
        "GROUP BY day, product, currency ORDER BY day, product, currency "
        "ON CONFLICT (day, product_id, currency) DO UPDATE SET"
        "  units = s.units + excluded.units, revenue = s.revenue + excluded.revenue",
    .kind = Statement::Kind::kWrite};

constexpr std::array kStatements = {&kRecord};

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<void> record(postgres::Pool& pool, runtime::Context& context,
                           std::span<const std::string> events, const Uuid& forget_before) {
  co_await pool.query(context, kRecord, events, forget_before);
}

}  // namespace souk::statistics::store
