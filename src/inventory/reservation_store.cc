#include "inventory/reservation_store.h"

#include <algorithm>
#include <array>
#include <string>

namespace souk::inventory {

namespace {

constexpr std::array<std::string_view, 4> kStatusNames = {"held", "ordered", "released", "expired"};

}  // namespace

std::string_view name_of(ReservationStatus status) {
  return kStatusNames.at(static_cast<std::size_t>(status));
}

namespace reservation_store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

#define SOUK_RESERVATION_COLUMNS                                                      \
  "r.id, r.user_id, r.status, r.expires_at, "                                         \
  "ARRAY(SELECT i.product_id FROM reservation_items i WHERE i.reservation_id = r.id " \
  "ORDER BY i.line_no), "                                                             \
  "ARRAY(SELECT i.quantity FROM reservation_items i WHERE i.reservation_id = r.id "   \
  "ORDER BY i.line_no) "

constexpr Statement kFind{
    .name = "inventory.find_reservation",
    .sql = "SELECT " SOUK_RESERVATION_COLUMNS "FROM reservations r WHERE r.id = $1",
    .kind = Kind::kPoint,
    .index = "reservations_pkey"};

constexpr Statement kLockHolder{
    .name = "inventory.lock_holder",
    .sql = "SELECT pg_advisory_xact_lock(hashtextextended('reservations ' || $1::uuid, 0))",
    .kind = Kind::kWrite};

constexpr Statement kCountHeld{
    .name = "inventory.count_held",
    .sql =
        "SELECT count(*) FROM reservations WHERE user_id = $1 AND status = 'held' "
        "AND expires_at > now()",
    .kind = Kind::kPoint,
    .index = "reservations_held"};

constexpr Statement kInsert{
    .name = "inventory.insert_reservation",
    .sql =
        "WITH held AS (INSERT INTO reservations (id, user_id, expires_at) "
        "VALUES ($1, $2, clock_timestamp() + $3 * interval '1 ms') RETURNING expires_at), "
        "items AS (INSERT INTO reservation_items (reservation_id, line_no, product_id, quantity) "
        "SELECT $1, line_no, product_id, quantity FROM unnest($4::uuid[], $5::int[]) "
        "WITH ORDINALITY l(product_id, quantity, line_no)) "
        "SELECT expires_at FROM held",
    .kind = Kind::kWrite};

constexpr Statement kLock{
    .name = "inventory.lock_reservation",
    .sql = "SELECT " SOUK_RESERVATION_COLUMNS "FROM reservations r WHERE r.id = $1 FOR UPDATE",
    .kind = Kind::kWrite,
    .index = "reservations_pkey"};

constexpr Statement kLockDue{
    .name = "inventory.lock_due",
    .sql = "SELECT " SOUK_RESERVATION_COLUMNS
           "FROM reservations r WHERE r.status = 'held' AND r.expires_at <= now() "
           "AND r.expires_at >= $1 AND (r.expires_at, r.id) > ($1, $2) "
           "ORDER BY r.expires_at, r.id LIMIT $3 FOR UPDATE SKIP LOCKED",
    .kind = Kind::kWrite,
    .index = "reservations_due"};

constexpr Statement kClose{.name = "inventory.close_reservations",
                           .sql = "UPDATE reservations SET status = $2 WHERE id = ANY($1)",
                           .kind = Kind::kWrite,
                           .index = "reservations_pkey"};

constexpr Statement kLockHeld{
    .name = "inventory.lock_held",
    .sql =
        "SELECT id FROM reservations WHERE id = ANY($1) AND status = 'held' "
        "AND expires_at > now() ORDER BY id FOR UPDATE",
    .kind = Kind::kWrite,
    .index = "reservations_pkey"};

constexpr Statement kMarkOrdered{
    .name = "inventory.mark_ordered",
    .sql =
        "UPDATE reservations r SET status = 'ordered', order_id = o.order_id "
        "FROM unnest($1::uuid[], $2::uuid[]) o(id, order_id) WHERE r.id = o.id",
    .kind = Kind::kWrite,
    .index = "reservations_pkey"};

constexpr Statement kForget{
    .name = "inventory.forget_reservations",
    .sql =
        "DELETE FROM reservations WHERE id IN (SELECT id FROM reservations "
        "WHERE status <> 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT 50 "
        "FOR UPDATE SKIP LOCKED)",
    .kind = Kind::kWrite,
    .index = "reservations_over"};
constexpr std::size_t kForgotten = 50;  // as the statement above says

constexpr std::array kStatements = {&kFind,    &kLockHolder, &kCountHeld, &kInsert,      &kLock,
                                    &kLockDue, &kClose,      &kLockHeld,  &kMarkOrdered, &kForget};

struct Row {
  ReservationId id;
  UserId user_id;
  std::string status;
  Timestamp expires_at;
  std::vector<ProductId> products;
  std::vector<std::int32_t> quantities;
};
constexpr auto kRow = postgres::row_of(&Row::id, &Row::user_id, &Row::status, &Row::expires_at,
                                       &Row::products, &Row::quantities);

Reservation reservation_of(const Row& row) {
  const auto* const status = std::ranges::find(kStatusNames, row.status);
  Reservation reservation{
      .id = row.id,
      .user_id = row.user_id,
      .status = static_cast<ReservationStatus>(status - kStatusNames.begin()),
      .expires_at = row.expires_at,
      .lines = {},
  };
  for (std::size_t i = 0; i < row.products.size(); ++i) {
    reservation.lines.push_back({row.products[i], row.quantities[i]});
  }
  return reservation;
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::optional<Reservation>> find(postgres::Pool& pool, runtime::Context& context,
                                               ReservationId id) {
  auto found = read_all(co_await pool.query(context, kFind, id));
  if (found.empty()) co_return std::nullopt;
  co_return std::move(found.front());
}

postgres::Call lock_holder(UserId user) { return postgres::call(kLockHolder, user); }

postgres::Call count_held(UserId user) { return postgres::call(kCountHeld, user); }

std::int64_t read_count(const postgres::Rows& rows) { return rows[0].get<std::int64_t>(0); }

postgres::Call insert(const Reservation& reservation, std::chrono::milliseconds time) {
  std::vector<ProductId> products;
  std::vector<std::int32_t> quantities;
  for (const auto& line : reservation.lines) {
    products.push_back(line.product_id);
    quantities.push_back(line.quantity);
  }
  return postgres::call(kInsert, reservation.id, reservation.user_id,
                        static_cast<std::int64_t>(time.count()), products, quantities);
}

Timestamp read_expiry(const postgres::Rows& rows) { return rows[0].get<Timestamp>(0); }

postgres::Call lock(ReservationId id) { return postgres::call(kLock, id); }

postgres::Call lock_due(const DueCursor& after, std::size_t limit) {
  return postgres::call(kLockDue, after.expires_at, after.id, static_cast<std::int64_t>(limit));
}

std::vector<Reservation> read_all(const postgres::Rows& rows) {
  std::vector<Reservation> reservations;
  for (const auto& row : rows.as(kRow)) reservations.push_back(reservation_of(row));
  return reservations;
}

postgres::Call close(std::span<const ReservationId> ids, ReservationStatus status) {
  return postgres::call(kClose, ids, name_of(status));
}

postgres::Call lock_held(std::span<const ReservationId> ids) {
  return postgres::call(kLockHeld, ids);
}

std::vector<ReservationId> read_ids(const postgres::Rows& rows) {
  std::vector<ReservationId> ids;
  for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows[i].get<ReservationId>(0));
  return ids;
}

runtime::Task<bool> forget(postgres::Pool& pool, runtime::Context& context, Timestamp before) {
  const auto rows = co_await pool.query(context, kForget, before);
  co_return rows.affected() == kForgotten;
}

postgres::Call mark_ordered(std::span<const ReservationId> ids, std::span<const OrderId> orders) {
  return postgres::call(kMarkOrdered, ids, orders);
}

}  // namespace reservation_store
}  // namespace souk::inventory
