#include "payments/refund_store.h"

#include <array>

#include "postgres/enum_codec.h"

template <>
struct souk::postgres::Codec<souk::payments::RefundStatus>
    : EnumCodec<souk::payments::RefundStatus, souk::payments::kRefundStatusNames> {};

namespace souk::payments::refund_store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

#define SOUK_REFUND_COLUMNS                                                                 \
  "r.id, r.order_id, r.payment_id, r.amount, r.currency, r.status, r.reason, r.reference, " \
  "r.actor_kind, r.actor_id, r.idempotency_key, r.request_hash, r.created_at"

// By the time in their ids.
constexpr Statement kOfOrder{.name = "refunds.of_order",
                             .sql = "SELECT " SOUK_REFUND_COLUMNS
                                    ", i.product_id, i.quantity, i.restocked FROM refunds r "
                                    "LEFT JOIN refund_items i ON i.refund_id = r.id "
                                    "WHERE r.order_id = $1 ORDER BY r.id, i.product_id",
                             .kind = Kind::kPoint,
                             .index = "refunds_of_order"};

constexpr Statement kInsert{
    .name = "refunds.insert",
    .sql =
        "WITH claimed AS (UPDATE payments SET refunded = refunded + $4 WHERE id = $3), "
        "items AS (INSERT INTO refund_items (refund_id, product_id, quantity, restocked) "
        "SELECT $1, product_id, quantity, restocked = 1 FROM unnest($15::uuid[], $16::int[], "
        "$17::int[]) i(product_id, quantity, restocked)) "
        "INSERT INTO refunds (id, order_id, payment_id, amount, currency, status, reason, "
        "reference, actor_kind, actor_id, idempotency_key, request_hash, created_at, due_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
        "CASE WHEN $6 = 'requested' THEN $14::timestamptz END)",
    .kind = Kind::kWrite,
    .index = "payments_pkey"};

constexpr Statement kFinish{
    .name = "refunds.finish",
    .sql = "UPDATE refunds SET status = 'done', due_at = NULL WHERE id = $1",
    .kind = Kind::kWrite,
    .index = "refunds_pkey"};

constexpr Statement kClaimDue{
    .name = "refunds.claim_due",
    .sql =
        "WITH due AS (SELECT id FROM refunds WHERE due_at <= $1 ORDER BY due_at LIMIT 50 "
        "FOR UPDATE SKIP LOCKED) "
        "UPDATE refunds r SET attempts = r.attempts + 1, "
        "due_at = $1 + make_interval(secs => least($2 * 2 ^ least(r.attempts, 20), $3)) "
        "FROM due WHERE r.id = due.id RETURNING " SOUK_REFUND_COLUMNS,
    .kind = Kind::kWrite,
    .index = "refunds_due"};
static_assert(kMaxDue == 50, "the statement above says so too");

constexpr std::array kStatements = {&kOfOrder, &kInsert, &kFinish, &kClaimDue};

constexpr auto kActorRow = postgres::row_of(&Actor::kind, &Actor::id);
constexpr auto kRefundRow = postgres::row_of(
    &Refund::id, &Refund::order_id, &Refund::payment_id, &Refund::amount, &Refund::status,
    &Refund::reason, &Refund::reference, postgres::at(&Refund::actor, kActorRow),
    &Refund::idempotency_key, &Refund::request_hash, &Refund::created_at);
constexpr auto kItemRow =
    postgres::row_of(&Refund::Item::product_id, &Refund::Item::quantity, &Refund::Item::restocked);

double seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::vector<Refund>> list(postgres::Pool& pool, runtime::Context& context,
                                        OrderId order) {
  co_return read_refunds(co_await pool.query(context, kOfOrder, order));
}

postgres::Call of_order(OrderId order) { return postgres::call(kOfOrder, order); }

std::vector<Refund> read_refunds(const postgres::Rows& rows) {
  std::vector<Refund> refunds;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    if (refunds.empty() || refunds.back().id != row.get<RefundId>(0)) {
      refunds.push_back(kRefundRow(row));
    }
    if (row.is_null(kRefundRow.kColumns)) continue;
    refunds.back().items.push_back(kItemRow(row, kRefundRow.kColumns));
  }
  return refunds;
}

postgres::Call insert(const Refund& refund, Timestamp due) {
  std::vector<ProductId> products;
  std::vector<std::int32_t> quantities;
  std::vector<std::int32_t> restocked;
  for (const auto& item : refund.items) {
    products.push_back(item.product_id);
    quantities.push_back(item.quantity);
    restocked.push_back(item.restocked ? 1 : 0);
  }
  return postgres::call(kInsert, refund.id, refund.order_id, refund.payment_id,
                        refund.amount.amount, refund.amount.currency, refund.status, refund.reason,
                        refund.reference, refund.actor.kind, refund.actor.id,
                        refund.idempotency_key, refund.request_hash, refund.created_at, due,
                        products, quantities, restocked);
}

postgres::Call finish(RefundId id) { return postgres::call(kFinish, id); }

runtime::Task<std::vector<Refund>> claim_due(postgres::Pool& pool, runtime::Context& context,
                                             Timestamp now, std::chrono::milliseconds pause,
                                             std::chrono::milliseconds max_pause) {
  co_return (co_await pool.query(context, kClaimDue, now, seconds(pause), seconds(max_pause)))
      .as(kRefundRow);
}

}  // namespace souk::payments::refund_store
