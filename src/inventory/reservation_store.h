// All SQL of the reservations. The calls at the end are for a transaction of checkout's. A
// reservation is locked before the stocks of its products, by everybody.
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "base/origin.h"
#include "inventory/reservation.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::inventory::reservation_store {

std::span<const postgres::Statement* const> statements();

runtime::Task<std::optional<Reservation>> find(postgres::Pool& pool, runtime::Context& context,
                                               ReservationId id);

// Makes the holds of one user, or from one network, wait for each other, so that what they hold can
// be told. A user is locked before a network.
postgres::Call lock_holder(UserId user);
postgres::Call lock_holder(NetworkKey network);
struct Held {
  std::int64_t reservations = 0;
  std::int64_t units = 0;
};
postgres::Call held_by(UserId user);
postgres::Call held_by(NetworkKey network);
Held read_held(const postgres::Rows& rows);
// To be held from now on for so long, by the database's clock: read_expiry().
postgres::Call insert(const Reservation& reservation, std::chrono::milliseconds time,
                      std::optional<NetworkKey> network);
Timestamp read_expiry(const postgres::Rows& rows);

// The place after one of those that are due, the longest first.
struct DueCursor {
  Timestamp expires_at;
  ReservationId id;
};
// Locks one, or those that are due and that nobody else is at: read_all().
postgres::Call lock(ReservationId id);
postgres::Call lock_due(const DueCursor& after, std::size_t limit);
std::vector<Reservation> read_all(const postgres::Rows& rows);
postgres::Call close(std::span<const ReservationId> ids, ReservationStatus status);

// Those of the users that may still be ordered, locked: read_all().
postgres::Call lock_held(std::span<const UserId> users);
// Whether a reservation of one of the products is over and was not ended yet: a row. And such ones,
// locked: read_all().
postgres::Call ended(std::span<const ProductId> products);
postgres::Call lock_ended(std::span<const ProductId> products, std::size_t limit);
// Keeps what is left of their lines. REQUIRES: locked by lock_held(), all their lines, in order.
postgres::Call shrink(std::span<const Reservation* const> reservations);
// REQUIRES: locked by lock_held(), and the orders written.
postgres::Call mark_ordered(std::span<const ReservationId> ids, std::span<const OrderId> orders);

// Deletes some of those that are over and were to expire by then; false where none is left.
runtime::Task<bool> forget(postgres::Pool& pool, runtime::Context& context, Timestamp before);

}  // namespace souk::inventory::reservation_store
