// All SQL of the reservations. The calls at the end are parts of checkout's transactions. Every
// transaction locks a reservation before the stocks of its products.
// Threading and ownership: free functions; they borrow their arguments while they run.
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

inline constexpr std::size_t kMaxListed = 100;
// The user's reservations that may still be ordered, at most kMaxListed, in order of expiry.
runtime::Task<std::vector<Reservation>> list_held(postgres::Pool& pool, runtime::Context& context,
                                                  UserId user);

// Advisory locks that serialise the holds of one user, or of one network, so that held_by() counts
// correctly. Lock a user before a network.
postgres::Call lock_holder(UserId user);
postgres::Call lock_holder(NetworkKey network);
struct Held {
  std::int64_t reservations = 0;
  std::int64_t units = 0;
};
postgres::Call held_by(UserId user);
postgres::Call held_by(NetworkKey network);
Held read_held(const postgres::Rows& rows);
// Holds for `time` from now on, by the database's clock: read_expiry().
postgres::Call insert(const Reservation& reservation, std::chrono::milliseconds time,
                      std::optional<NetworkKey> network);
Timestamp read_expiry(const postgres::Rows& rows);
// Writes the units left of the first lines, which may be more than at first, and adds the others as
// new lines. `time`: as for insert(), but not beyond `longest` after the reservation was made:
// read_expiry(). REQUIRES: locked by lock(); `lines` begin with its own.
postgres::Call change(const Reservation& locked, std::span<const Line> lines,
                      std::optional<std::chrono::milliseconds> time,
                      std::chrono::milliseconds longest);

// A position in the list of due reservations, oldest first.
struct DueCursor {
  Timestamp expires_at;
  ReservationId id;
};
// Locks one, or the due ones that no other transaction has locked: read_all().
postgres::Call lock(ReservationId id);
postgres::Call lock_due(const DueCursor& after, std::size_t limit);
// Throws a conflict if one got more lines while the statement waited for its lock: lines are in
// another table, which the statement reads as it was before.
std::vector<Reservation> read_all(const postgres::Rows& rows);
postgres::Call close(std::span<const ReservationId> ids, ReservationStatus status);

// Locks the users' reservations that may still be ordered: read_all().
postgres::Call lock_held(std::span<const UserId> users);
// ended(): a row if a reservation of one of the products has expired and was not ended yet.
// lock_ended(): locks such ones: read_all().
postgres::Call ended(std::span<const ProductId> products);
postgres::Call lock_ended(std::span<const ProductId> products, std::size_t limit);
// Writes the units left of their lines. REQUIRES: locked by lock_held(), all their lines, in order.
postgres::Call shrink(std::span<const Reservation* const> reservations);
// REQUIRES: locked by lock_held(), and the orders written.
postgres::Call mark_ordered(std::span<const ReservationId> ids, std::span<const OrderId> orders);

// Deletes a batch of ended reservations that were to expire before that time; false when none is
// left.
runtime::Task<bool> delete_ended(postgres::Pool& pool, runtime::Context& context, Timestamp before);

}  // namespace souk::inventory::reservation_store
