#include "payments/store.h"

#include <array>

#include "postgres/enum_codec.h"

template <>
struct souk::postgres::Codec<souk::payments::Status>
    : EnumCodec<souk::payments::Status, souk::payments::kStatusNames> {};
template <>
struct souk::postgres::Codec<souk::payments::Goal>
    : EnumCodec<souk::payments::Goal, souk::payments::kGoalNames> {};

namespace souk::payments::store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

#define SOUK_PAYMENT_COLUMNS                                                                 \
  "p.id, p.order_id, p.provider, p.amount, p.currency, p.status, p.goal, "                   \
  "p.provider_reference, p.method, p.failure, p.idempotency_key, p.actor_kind, p.actor_id, " \
  "p.created_at, p.pays_later, p.refund_reference, p.request_hash, p.disagrees_since, "      \
  "CASE WHEN p.status = 'refunded' THEN p.amount ELSE p.refunded END, p.currency"

constexpr Statement kOfOrder{.name = "payments.of_order",
                             .sql = "SELECT " SOUK_PAYMENT_COLUMNS
                                    " FROM payments p WHERE p.order_id = $1 "
                                    "ORDER BY p.created_at DESC, p.id DESC LIMIT 20",
                             .kind = Kind::kPoint,
                             .index = "payments_order"};
static_assert(kMaxPaymentsPerOrder == 20, "the statement above says so too");

constexpr Statement kInsert{
    .name = "payments.insert",
    .sql =
        "INSERT INTO payments (id, order_id, provider, amount, currency, status, method, "
        "idempotency_key, actor_kind, actor_id, created_at, updated_at, pays_later, request_hash, "
        "due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, "
        "CASE WHEN payment_is_settled($6, 'captured') "
        "OR payment_waits_for_people($6, 'captured', $12) THEN NULL ELSE $14::timestamptz END)",
    .kind = Kind::kWrite};

constexpr Statement kUpdate{
    .name = "payments.update",
    .sql =
        "UPDATE payments SET status = $2, goal = $3, provider_reference = $4, failure = $5, "
        "actor_kind = $6, actor_id = $7, method = CASE WHEN $2 = 'created' THEN method END, "
        "updated_at = $8, refund_reference = $10, disagrees_since = $11, "
        "attempts = CASE WHEN due_at IS NULL THEN 0 ELSE attempts END, "
        "due_at = CASE WHEN $11::timestamptz IS NULL AND (payment_is_settled($2, $3) "
        "OR payment_waits_for_people($2, $3, pays_later)) THEN NULL "
        "ELSE coalesce(due_at, $9) END WHERE id = $1",
    .kind = Kind::kWrite,
    .index = "payments_pkey"};

constexpr Statement kOrderOf{.name = "payments.order_of",
                             .sql = "SELECT order_id FROM payments WHERE id = $1",
                             .kind = Kind::kPoint,
                             .index = "payments_pkey"};

constexpr Statement kRemember{
    .name = "payments.remember_event",
    .sql =
        "INSERT INTO payment_events (provider, event_id, payment_id, status, received_at, "
        "request_hash) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING event_id",
    .kind = Kind::kWrite};

constexpr Statement kEventHash{
    .name = "payments.event_hash",
    .sql = "SELECT request_hash FROM payment_events WHERE provider = $1 AND event_id = $2",
    .kind = Kind::kPoint,
    .index = "payment_events_pkey"};

constexpr Statement kWithReference{
    .name = "payments.with_reference",
    .sql = "SELECT id FROM payments WHERE provider = $1 AND provider_reference = $2",
    .kind = Kind::kPoint,
    .index = "payments_provider_provider_reference_key"};

// Reads at most 10,000 of each. Refunds of a part wait as payments do.
constexpr Statement kWaiting{
    .name = "payments.waiting",
    .sql =
        "SELECT count(*) FILTER (WHERE NOT disagrees), "
        "coalesce(max(seconds) FILTER (WHERE NOT disagrees), 0), "
        "count(*) FILTER (WHERE disagrees), coalesce(max(seconds) FILTER (WHERE disagrees), 0) "
        "FROM ((SELECT disagrees_since IS NOT NULL AS disagrees, greatest(0, extract(epoch FROM "
        "$1::timestamptz - coalesce(disagrees_since, updated_at)))::float8 AS seconds "
        "FROM payments WHERE due_at IS NOT NULL AND attempts > 0 ORDER BY due_at LIMIT 10000) "
        "UNION ALL (SELECT false, greatest(0, extract(epoch FROM $1::timestamptz - created_at))"
        "::float8 FROM refunds WHERE due_at IS NOT NULL AND attempts > 0 "
        "ORDER BY due_at LIMIT 10000)) w",
    .kind = Kind::kScan,
    .index = "payments_due"};

constexpr Statement kForgetEvents{
    .name = "payments.forget_events",
    .sql =
        "DELETE FROM payment_events WHERE (provider, event_id) IN (SELECT provider, event_id "
        "FROM payment_events WHERE received_at <= $1 ORDER BY received_at LIMIT 50 "
        "FOR UPDATE SKIP LOCKED)",
    .kind = Kind::kWrite,
    .index = "payment_events_received_at"};
constexpr std::size_t kForgottenEvents = 50;  // as the statement above says

constexpr Statement kClaimDue{
    .name = "payments.claim_due",
    .sql =
        "WITH due AS (SELECT id FROM payments WHERE due_at <= $1 ORDER BY due_at LIMIT 50 "
        "FOR UPDATE SKIP LOCKED) "
        "UPDATE payments p SET attempts = p.attempts + 1, "
        "due_at = $1 + make_interval(secs => least($2 * 2 ^ least(p.attempts, 20), $3)) "
        "FROM due WHERE p.id = due.id RETURNING " SOUK_PAYMENT_COLUMNS,
    .kind = Kind::kWrite,
    .index = "payments_due"};
static_assert(kMaxDue == 50, "the statement above says so too");

constexpr std::array kStatements = {&kOfOrder,      &kInsert,    &kUpdate,        &kOrderOf,
                                    &kRemember,     &kEventHash, &kWithReference, &kClaimDue,
                                    &kForgetEvents, &kWaiting};

constexpr auto kActorRow = postgres::row_of(&Actor::kind, &Actor::id);
constexpr auto kPaymentRow = postgres::row_of(
    &Payment::id, &Payment::order_id, &Payment::provider, &Payment::amount, &Payment::status,
    &Payment::goal, &Payment::reference, &Payment::method, &Payment::failure,
    &Payment::idempotency_key, postgres::at(&Payment::actor, kActorRow), &Payment::created_at,
    &Payment::pays_later, &Payment::refund_reference, &Payment::request_hash,
    &Payment::disagrees_since, &Payment::refunded);
constexpr auto kWaitingRow =
    postgres::row_of(&Waiting::unsettled, &Waiting::longest_unsettled_seconds,
                     &Waiting::disagreeing, &Waiting::longest_disagreeing_seconds);

double seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::vector<Payment>> list(postgres::Pool& pool, runtime::Context& context,
                                         OrderId order) {
  co_return read_payments(co_await pool.query(context, kOfOrder, order));
}

postgres::Call of_order(OrderId order) { return postgres::call(kOfOrder, order); }

std::vector<Payment> read_payments(const postgres::Rows& rows) { return rows.as(kPaymentRow); }

postgres::Call insert(const Payment& payment, Timestamp due) {
  return postgres::call(kInsert, payment.id, payment.order_id, payment.provider,
                        payment.amount.amount, payment.amount.currency, payment.status,
                        payment.method, payment.idempotency_key, payment.actor.kind,
                        payment.actor.id, payment.created_at, payment.pays_later,
                        payment.request_hash, due);
}

postgres::Call update(const Payment& payment, Timestamp now, Timestamp due) {
  return postgres::call(kUpdate, payment.id, payment.status, payment.goal, payment.reference,
                        payment.failure, payment.actor.kind, payment.actor.id, now, due,
                        payment.refund_reference, payment.disagrees_since);
}

runtime::Task<std::optional<OrderId>> order_of(postgres::Pool& pool, runtime::Context& context,
                                               PaymentId id) {
  co_return (co_await pool.query(context, kOrderOf, id)).optional<OrderId>();
}

postgres::Call remember(const ProviderEvent& event, Timestamp now,
                        const std::optional<RequestHash>& hash) {
  return postgres::call(kRemember, event.provider, event.id, event.payment, event.charge.status,
                        now, hash);
}

postgres::Call event_hash(std::string_view provider, std::string_view id) {
  return postgres::call(kEventHash, provider, id);
}

postgres::Call with_reference(std::string_view provider, std::string_view reference) {
  return postgres::call(kWithReference, provider, reference);
}

std::optional<PaymentId> read_id(const postgres::Rows& rows) { return rows.optional<PaymentId>(); }

std::optional<RequestHash> read_hash(const postgres::Rows& rows) {
  return rows.one<std::optional<RequestHash>>();
}

runtime::Task<Waiting> waiting(postgres::Pool& pool, runtime::Context& context, Timestamp now) {
  co_return (co_await pool.query(context, kWaiting, now)).one(kWaitingRow);
}

runtime::Task<bool> forget_events(postgres::Pool& pool, runtime::Context& context,
                                  Timestamp before) {
  const auto rows = co_await pool.query(context, kForgetEvents, before);
  co_return rows.affected() == kForgottenEvents;
}

runtime::Task<std::vector<Payment>> claim_due(postgres::Pool& pool, runtime::Context& context,
                                              Timestamp now, std::chrono::milliseconds pause,
                                              std::chrono::milliseconds max_pause) {
  co_return read_payments(
      co_await pool.query(context, kClaimDue, now, seconds(pause), seconds(max_pause)));
}

}  // namespace souk::payments::store
