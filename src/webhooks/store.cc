#include "webhooks/store.h"

#include <array>

#include "postgres/enum_codec.h"

template <>
struct souk::postgres::Codec<souk::webhooks::DeliveryState>
    : EnumCodec<souk::webhooks::DeliveryState, souk::webhooks::kDeliveryStateNames> {};

namespace souk::webhooks::store {
namespace {

using postgres::Pool;
using postgres::Statement;
using runtime::Context;
using runtime::Task;
using Kind = Statement::Kind;

#define SOUK_ENDPOINT_COLUMNS \
  "id, url, secret, kinds, is_active, disabled_reason, failing_since, created_at"

constexpr auto kEndpointRow = postgres::row_of(
    &Endpoint::id, &Endpoint::url, &Endpoint::secret, &Endpoint::kinds, &Endpoint::is_active,
    &Endpoint::disabled_reason, &Endpoint::failing_since, &Endpoint::created_at);

// Serialises the counting of endpoints before an insert.
constexpr Statement kLockNumber{
    .name = "webhooks.lock_number",
    .sql = "SELECT pg_advisory_xact_lock(hashtextextended('webhook_endpoints', 0))",
    .kind = Kind::kWrite};

constexpr Statement kInsert{
    .name = "webhooks.insert",
    .sql =
        "INSERT INTO webhook_endpoints (id, url, secret, kinds, created_at) "
        "SELECT $1, $2, $3, $4, $5 "
        "WHERE (SELECT count(*) FROM webhook_endpoints) < $6 RETURNING id",
    .kind = Kind::kWrite};

constexpr Statement kRemove{.name = "webhooks.remove",
                            .sql = "DELETE FROM webhook_endpoints WHERE id = $1 RETURNING id",
                            .kind = Kind::kWrite,
                            .index = "webhook_endpoints_pkey"};

constexpr Statement kFind{.name = "webhooks.find",
                          .sql = "SELECT " SOUK_ENDPOINT_COLUMNS
                                 ", CASE WHEN previous_until > $2 THEN previous_secret END "
                                 "FROM webhook_endpoints WHERE id = $1",
                          .kind = Kind::kPoint,
                          .index = "webhook_endpoints_pkey"};

constexpr Statement kList{
    .name = "webhooks.list",
    .sql = "SELECT " SOUK_ENDPOINT_COLUMNS " FROM webhook_endpoints ORDER BY id LIMIT 200",
    .kind = Kind::kPoint};
static_assert(kMaxEndpoints * 2 == 200, "the statement above says so too");

constexpr Statement kRecordSuccess{.name = "webhooks.record_success",
                                   .sql =
                                       "UPDATE webhook_endpoints SET failing_since = NULL "
                                       "WHERE id = $1 AND failing_since IS NOT NULL",
                                   .kind = Kind::kWrite,
                                   .index = "webhook_endpoints_pkey"};

constexpr Statement kRecordFailure{
    .name = "webhooks.record_failure",
    .sql =
        "UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, $2),"
        " is_active = coalesce(failing_since >= $3, true),"
        " disabled_reason = CASE WHEN failing_since < $3 THEN 'failing for too long' END "
        "WHERE id = $1 AND is_active AND (failing_since IS NULL OR failing_since < $3) "
        "RETURNING is_active",
    .kind = Kind::kWrite,
    .index = "webhook_endpoints_pkey"};

constexpr Statement kDisable{
    .name = "webhooks.disable",
    .sql = "UPDATE webhook_endpoints SET is_active = false, disabled_reason = $2 WHERE id = $1",
    .kind = Kind::kWrite,
    .index = "webhook_endpoints_pkey"};

constexpr Statement kEnable{
    .name = "webhooks.enable",
    .sql =
        "UPDATE webhook_endpoints SET is_active = true, disabled_reason = NULL, "
        "failing_since = NULL WHERE id = $1 RETURNING " SOUK_ENDPOINT_COLUMNS,
    .kind = Kind::kWrite,
    .index = "webhook_endpoints_pkey"};

constexpr Statement kReplaceSecret{
    .name = "webhooks.replace_secret",
    .sql =
        "UPDATE webhook_endpoints SET previous_secret = secret, previous_until = $3, secret = $2 "
        "WHERE id = $1 RETURNING " SOUK_ENDPOINT_COLUMNS,
    .kind = Kind::kWrite,
    .index = "webhook_endpoints_pkey"};

#undef SOUK_ENDPOINT_COLUMNS

#define SOUK_DELIVERY_COLUMNS \
  "id, endpoint_id, event_id, event, state, attempts, status, error, created_at, attempted_at"

constexpr auto kDeliveryRow =
    postgres::row_of(&Delivery::id, &Delivery::endpoint, &Delivery::event_id, &Delivery::event,
                     &Delivery::state, &Delivery::attempts, &Delivery::status, &Delivery::error,
                     &Delivery::created_at, &Delivery::attempted_at);

constexpr Statement kRecordDelivery{
    .name = "webhooks.record_delivery",
    .sql = "INSERT INTO webhook_deliveries AS d (" SOUK_DELIVERY_COLUMNS
           ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
           "ON CONFLICT (endpoint_id, id) DO UPDATE SET state = excluded.state, "
           "attempts = excluded.attempts, status = excluded.status, error = excluded.error, "
           "attempted_at = excluded.attempted_at",
    .kind = Kind::kWrite};

constexpr Statement kDeliveries{.name = "webhooks.deliveries",
                                .sql =
                                    "SELECT * FROM (SELECT " SOUK_DELIVERY_COLUMNS
                                    " FROM webhook_deliveries WHERE endpoint_id = $1 AND id < $2 "
                                    "ORDER BY id DESC LIMIT 51) newest LIMIT $3",
                                .kind = Kind::kPoint,
                                .index = "webhook_deliveries_pkey"};
static_assert(kMaxDeliveriesPage + 1 == 51, "the statement above says so too");

constexpr Statement kForgetDeliveries{
    .name = "webhooks.forget_deliveries",
    .sql =
        "DELETE FROM webhook_deliveries WHERE (endpoint_id, id) IN ("
        "SELECT endpoint_id, id FROM webhook_deliveries WHERE created_at <= $1 "
        "ORDER BY created_at LIMIT 50 FOR UPDATE SKIP LOCKED)",
    .kind = Kind::kWrite,
    .index = "webhook_deliveries_created_at"};
constexpr std::size_t kForgotten = 50;  // as the statement above says

#undef SOUK_DELIVERY_COLUMNS

constexpr std::array kStatements = {
    &kLockNumber,     &kInsert,        &kRemove,          &kFind,   &kList,
    &kRecordSuccess,  &kRecordFailure, &kDisable,         &kEnable, &kReplaceSecret,
    &kRecordDelivery, &kDeliveries,    &kForgetDeliveries};

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

Task<bool> insert(Pool& pool, Context& context, const Endpoint& endpoint) {
  auto transaction = co_await pool.begin(context);
  const auto [locked, inserted] = co_await transaction.pipeline_and_commit(
      postgres::call(kLockNumber),
      postgres::call(kInsert, endpoint.id, endpoint.url, endpoint.secret, endpoint.kinds,
                     endpoint.created_at, static_cast<std::int64_t>(kMaxEndpoints)));
  co_return !inserted.empty();
}

Task<bool> remove(Pool& pool, Context& context, EndpointId id) {
  co_return !(co_await pool.query(context, kRemove, id)).empty();
}

Task<std::optional<Receiver>> find(Pool& pool, Context& context, EndpointId id, Timestamp now) {
  constexpr auto kReceiverRow =
      postgres::row_of(postgres::at(&Receiver::endpoint, kEndpointRow), &Receiver::previous_secret);
  co_return (co_await pool.query(context, kFind, id, now)).optional(kReceiverRow);
}

Task<std::vector<Endpoint>> list(Pool& pool, Context& context) {
  co_return (co_await pool.query(context, kList)).as(kEndpointRow);
}

Task<std::optional<Endpoint>> enable(Pool& pool, Context& context, EndpointId id) {
  co_return (co_await pool.query(context, kEnable, id)).optional(kEndpointRow);
}

Task<std::optional<Endpoint>> replace_secret(Pool& pool, Context& context, EndpointId id,
                                             const std::string& secret, Timestamp previous_until) {
  co_return (co_await pool.query(context, kReplaceSecret, id, secret, previous_until))
      .optional(kEndpointRow);
}

Task<void> record_success(Pool& pool, Context& context, EndpointId id) {
  co_await pool.query(context, kRecordSuccess, id);
}

Task<bool> record_failure(Pool& pool, Context& context, EndpointId id, Timestamp now,
                          Timestamp disable_before) {
  const auto rows = co_await pool.query(context, kRecordFailure, id, now, disable_before);
  co_return !rows.empty() && !rows.one<bool>();
}

Task<void> disable(Pool& pool, Context& context, EndpointId id, std::string_view reason) {
  co_await pool.query(context, kDisable, id, reason);
}

Task<void> record_delivery(Pool& pool, Context& context, const Delivery& delivery) {
  co_await pool.query(context, kRecordDelivery, delivery.id, delivery.endpoint, delivery.event_id,
                      delivery.event, delivery.state, delivery.attempts, delivery.status,
                      delivery.error, delivery.created_at, delivery.attempted_at);
}

Task<std::vector<Delivery>> deliveries(Pool& pool, Context& context, EndpointId id,
                                       std::optional<DeliveryId> before, std::size_t limit) {
  DeliveryId last;
  last.value.bytes.fill(0xff);
  co_return (co_await pool.query(context, kDeliveries, id, before.value_or(last),
                                 static_cast<std::int64_t>(limit + 1)))
      .as(kDeliveryRow);
}

Task<bool> forget_deliveries(Pool& pool, Context& context, Timestamp before) {
  co_return (co_await pool.query(context, kForgetDeliveries, before)).affected() == kForgotten;
}

}  // namespace souk::webhooks::store
