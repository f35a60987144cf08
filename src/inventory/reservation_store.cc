#include "inventory/reservation_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/enum_names.h"

namespace souk::inventory {

std::vector<Line> lines_left(const Reservation& reservation) {
  auto lines = reservation.lines;
  std::erase_if(lines, [](const Line& line) { return line.quantity == 0; });
  return lines;
}

namespace reservation_store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

#define SOUK_RESERVATION_LINES                                                        \
  "ARRAY(SELECT i.product_id FROM reservation_items i WHERE i.reservation_id = r.id " \
  "ORDER BY i.line_no), "                                                             \
  "coalesce(r.left_units, ARRAY(SELECT i.quantity FROM reservation_items i "          \
  "WHERE i.reservation_id = r.id ORDER BY i.line_no)) "
#define SOUK_RESERVATION_COLUMNS "r.id, r.user_id, r.status, r.expires_at, " SOUK_RESERVATION_LINES
// The count and units of a set of reservations.
#define SOUK_HELD_UNITS                                                                \
  "SELECT count(*), coalesce(sum((SELECT sum(coalesce(r.left_units[i.line_no], "       \
  "i.quantity)) FROM reservation_items i WHERE i.reservation_id = r.id)), 0)::bigint " \
  "FROM reservations r WHERE r.status = 'held' AND r.expires_at > now() AND "

constexpr Statement kFind{
    .name = "inventory.find_reservation",
    .sql =
        "SELECT r.id, r.user_id, CASE WHEN r.status = 'held' AND r.expires_at <= now() "
        "THEN 'expired' ELSE r.status END, r.expires_at, " SOUK_RESERVATION_LINES
        "FROM reservations r WHERE r.id = $1",
    .kind = Kind::kPoint,
    .index = "reservations_pkey"};

constexpr Statement kListHeld{.name = "inventory.list_held",
                              .sql =
                                  "SELECT " SOUK_RESERVATION_COLUMNS
                                  "FROM reservations r WHERE r.user_id = $1 AND r.status = 'held' "
                                  "AND r.expires_at > now() ORDER BY r.expires_at, r.id LIMIT 100",
                              .kind = Kind::kPoint,
                              .index = "reservations_held"};
static_assert(kMaxListed == 100, "the statement above says so too");

constexpr Statement kLockHolder{
    .name = "inventory.lock_holder",
    .sql = "SELECT pg_advisory_xact_lock(hashtextextended('reservations ' || $1::text, 0))",
    .kind = Kind::kWrite};

constexpr Statement kHeldByUser{.name = "inventory.held_by_user",
                                .sql = SOUK_HELD_UNITS "r.user_id = $1",
                                .kind = Kind::kPoint,
                                .index = "reservations_held"};

constexpr Statement kHeldByNetwork{
    .name = "inventory.held_by_network",
    .sql = SOUK_HELD_UNITS "r.network = $1 AND r.network IS NOT NULL",
    .kind = Kind::kPoint,
    .index = "reservations_of_network"};

constexpr Statement kInsert{
    .name = "inventory.insert_reservation",
    .sql =
        "WITH held AS (INSERT INTO reservations (id, user_id, expires_at, network) "
        "VALUES ($1, $2, clock_timestamp() + $3 * interval '1 ms', $6) RETURNING expires_at), "
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
    .sql = "SELECT " SOUK_RESERVATION_COLUMNS
           "FROM reservations r WHERE r.user_id = ANY($1) AND r.status = 'held' "
           "AND r.expires_at > now() ORDER BY r.id FOR UPDATE",
    .kind = Kind::kWrite,
    .index = "reservations_held"};

#define SOUK_ENDED_HOLDS                                                       \
  "FROM reservations r WHERE r.status = 'held' AND r.expires_at <= now() "     \
  "AND EXISTS (SELECT FROM reservation_items i WHERE i.reservation_id = r.id " \
  "AND i.product_id = ANY($1)) "
constexpr Statement kEnded{.name = "inventory.ended_holds",
                           .sql = "SELECT r.id " SOUK_ENDED_HOLDS "LIMIT 1",
                           .kind = Kind::kPoint,
                           .index = "reservations_due"};

constexpr Statement kLockEnded{
    .name = "inventory.lock_ended_holds",
    .sql = "SELECT " SOUK_RESERVATION_COLUMNS SOUK_ENDED_HOLDS "ORDER BY r.id LIMIT $2 FOR UPDATE",
    .kind = Kind::kWrite,
    .index = "reservations_due"};

constexpr Statement kShrink{
    .name = "inventory.shrink_reservations",
    .sql =
        "UPDATE reservations r SET left_units = l.units FROM ("
        "SELECT id, array_agg(units ORDER BY line_no) AS units "
        "FROM unnest($1::uuid[], $2::int[], $3::int[]) l(id, line_no, units) GROUP BY id) l "
        "WHERE r.id = l.id",
    .kind = Kind::kWrite,
    .index = "reservations_pkey"};

constexpr Statement kChange{
    .name = "inventory.change_reservation",
    .sql =
        "WITH added AS (INSERT INTO reservation_items "
        "(reservation_id, line_no, product_id, quantity) SELECT $1, $2 + n, product_id, quantity "
        "FROM unnest($3::uuid[], $4::int[]) WITH ORDINALITY l(product_id, quantity, n)) "
        "UPDATE reservations SET left_units = $5::int[], expires_at = CASE WHEN $6::bigint IS NULL "
        "THEN expires_at ELSE least(clock_timestamp() + $6::bigint * interval '1 ms', "
        "created_at + $7::bigint * interval '1 ms') END WHERE id = $1 RETURNING expires_at",
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

constexpr std::array kStatements = {&kFind,       &kListHeld,      &kChange,      &kLockHolder,
                                    &kHeldByUser, &kHeldByNetwork, &kInsert,      &kLock,
                                    &kLockDue,    &kClose,         &kLockHeld,    &kEnded,
                                    &kLockEnded,  &kShrink,        &kMarkOrdered, &kForget};

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
  if (row.products.size() != row.quantities.size()) {
    throw postgres::StatementError("inventory.reservations", "40001", "",
                                   "a reservation was changed meanwhile");
  }
  const auto* const status = std::ranges::find(kReservationStatusNames, row.status);
  Reservation reservation{
      .id = row.id,
      .user_id = row.user_id,
      .status = static_cast<ReservationStatus>(status - kReservationStatusNames.begin()),
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

runtime::Task<std::vector<Reservation>> list_held(postgres::Pool& pool, runtime::Context& context,
                                                  UserId user) {
  co_return read_all(co_await pool.query(context, kListHeld, user));
}

postgres::Call lock_holder(UserId user) {
  return postgres::call(kLockHolder, user.value.to_string());
}

postgres::Call lock_holder(NetworkKey network) {
  return postgres::call(kLockHolder, fmt::to_string(network));
}

postgres::Call held_by(UserId user) { return postgres::call(kHeldByUser, user); }

postgres::Call held_by(NetworkKey network) { return postgres::call(kHeldByNetwork, network); }

Held read_held(const postgres::Rows& rows) {
  return {rows[0].get<std::int64_t>(0), rows[0].get<std::int64_t>(1)};
}

postgres::Call insert(const Reservation& reservation, std::chrono::milliseconds time,
                      std::optional<NetworkKey> network) {
  std::vector<ProductId> products;
  std::vector<std::int32_t> quantities;
  for (const auto& line : reservation.lines) {
    products.push_back(line.product_id);
    quantities.push_back(line.quantity);
  }
  return postgres::call(kInsert, reservation.id, reservation.user_id,
                        static_cast<std::int64_t>(time.count()), products, quantities, network);
}

postgres::Call change(const Reservation& locked, std::span<const Line> lines,
                      std::optional<std::chrono::milliseconds> time,
                      std::chrono::milliseconds longest) {
  std::vector<ProductId> products;
  std::vector<std::int32_t> quantities;
  std::vector<std::int32_t> units;
  for (const auto& line : lines) {
    const bool is_new = units.size() >= locked.lines.size();
    units.push_back(line.quantity);
    if (!is_new) continue;
    products.push_back(line.product_id);
    quantities.push_back(line.quantity);
  }
  std::optional<std::int64_t> milliseconds;
  if (time) milliseconds = time->count();
  return postgres::call(kChange, locked.id, static_cast<std::int32_t>(locked.lines.size()),
                        products, quantities, units, milliseconds,
                        static_cast<std::int64_t>(longest.count()));
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
  return postgres::call(kClose, ids, name_of(kReservationStatusNames, status));
}

postgres::Call lock_held(std::span<const UserId> users) { return postgres::call(kLockHeld, users); }

postgres::Call ended(std::span<const ProductId> products) {
  return postgres::call(kEnded, products);
}

postgres::Call lock_ended(std::span<const ProductId> products, std::size_t limit) {
  return postgres::call(kLockEnded, products, static_cast<std::int64_t>(limit));
}

postgres::Call shrink(std::span<const Reservation* const> reservations) {
  std::vector<ReservationId> ids;
  std::vector<std::int32_t> line_numbers;
  std::vector<std::int32_t> units;
  for (const auto* const reservation : reservations) {
    std::int32_t line_number = 0;
    for (const auto& line : reservation->lines) {
      ids.push_back(reservation->id);
      line_numbers.push_back(++line_number);
      units.push_back(line.quantity);
    }
  }
  return postgres::call(kShrink, ids, line_numbers, units);
}

runtime::Task<bool> delete_ended(postgres::Pool& pool, runtime::Context& context,
                                 Timestamp before) {
  const auto rows = co_await pool.query(context, kForget, before);
  co_return rows.affected() == kForgotten;
}

postgres::Call mark_ordered(std::span<const ReservationId> ids, std::span<const OrderId> orders) {
  return postgres::call(kMarkOrdered, ids, orders);
}

}  // namespace reservation_store
}  // namespace souk::inventory
