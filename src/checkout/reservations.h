// Holds: a cart reserves units for a bounded time. A hold is ordered (see Checkout), released, or
// expires.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows all it is made from, which outlives it.
#pragma once

#include <optional>
#include <variant>

#include "base/error.h"
#include "inventory/inventory.h"
#include "inventory/reservation.h"
#include "inventory/reservation_store.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::checkout {

struct ReservationLimits {
  std::chrono::milliseconds hold_time{900'000};  // default
  std::chrono::milliseconds max_hold_time{3'600'000};
  std::chrono::milliseconds max_hold_lifetime{4 * 3'600'000};  // with all extensions
  // At a time. 0: no limit, except for max_held.
  std::size_t max_held = 10;  // of one user
  std::size_t max_units_per_user = 1'000;
  std::size_t max_held_per_network = 1'000;
  std::size_t max_units_per_network = 20'000;
};

struct LineChanges;

// What is to become of a reservation.
struct HoldChange {
  std::vector<inventory::Line> lines;   // none: as they are
  std::optional<std::int32_t> seconds;  // from now on; nothing: until then
};

class Reservations {
 public:
  static constexpr std::size_t kMaxExpired = 100;         // in one transaction
  static constexpr std::size_t kMaxExpiredPages = 5'000;  // in one run
  static constexpr int kMaxSweeps = 1;                    // for one hold

  Reservations(postgres::Pool& pool, inventory::Inventory& inventory, UuidGenerator& ids,
               ReservationLimits limits = {})
      : pool_(pool), inventory_(inventory), ids_(ids), limits_(limits) {}

  // All throw Unavailable; those that write also OutcomeUnknown.

  // Reserves all lines, or nothing and returns the lines that are short. REQUIRES: 1 to 100 lines
  // of distinct products with positive quantities. Errors: validation_failed for a time out of
  // range, limit_reached and too_many_requests for the limits of the user and the network,
  // unknown_product.
  using Outcome = std::variant<inventory::Reservation, std::vector<inventory::Shortage>>;
  runtime::Task<Result<Outcome>> hold(runtime::Context& context, UserId user,
                                      std::vector<inventory::Line> lines,
                                      std::optional<std::chrono::seconds> time, Origin origin = {});

  // One statement. Errors: not_found, also for another user's.
  runtime::Task<Result<inventory::Reservation>> find(runtime::Context& context, ReservationId id,
                                                     UserId user);

  // One statement: those that may still be ordered, in order of expiry.
  runtime::Task<std::vector<inventory::Reservation>> list(runtime::Context& context, UserId user);

  // Reserves units that are wanted in addition and releases those that are not wanted any more, all
  // of it or, if lines are short, nothing. Never held for longer than the lifetime: the
  // reservation's expiry tells. REQUIRES: lines as for hold(). Errors as hold(), and not_found,
  // reservation_not_held, validation_failed for more different products than it can have.
  runtime::Task<Result<Outcome>> change(runtime::Context& context, ReservationId id, UserId user,
                                        HoldChange wanted, Origin origin = {});

  // No effect if it has ended already. Errors: not_found, reservation_not_held if it was ordered.
  runtime::Task<Result<>> release(runtime::Context& context, ReservationId id, UserId user);

  // Ends expired reservations; returns how many. Several nodes may do it at once. Caches follow by
  // the change log. If some cannot be ended, all others are; then it throws.
  static runtime::Task<std::size_t> expire_due(postgres::Pool& pool, runtime::Context& context);
  // Ends at most kMaxExpired expired reservations of these products; waits for other transactions
  // that hold one's lock. If the database refuses one, none is ended here: expire_due() reports it.
  static runtime::Task<void> expire_due_of(postgres::Pool& pool, runtime::Context& context,
                                           std::vector<ProductId> products);

 private:
  // Nothing when expired reservations of the products must be ended first.
  runtime::Task<std::optional<Result<Outcome>>> try_to_hold(runtime::Context& context,
                                                            inventory::Reservation reservation,
                                                            std::chrono::milliseconds time,
                                                            Origin origin, bool may_sweep);
  runtime::Task<std::optional<Result<Outcome>>> try_to_change(runtime::Context& context,
                                                              const inventory::Reservation& of,
                                                              const HoldChange& wanted,
                                                              Origin origin, bool may_sweep);
  struct WriteChange {
    std::optional<std::chrono::milliseconds> time;
    bool may_sweep = false;
    cache::Stamp stamp;
  };
  // Takes the stock and writes the changes. REQUIRES: locked by the transaction.
  runtime::Task<std::optional<Result<Outcome>>> write(postgres::Transaction transaction,
                                                      inventory::Reservation reservation,
                                                      const LineChanges& changes,
                                                      WriteChange options);
  Result<> check(std::chrono::milliseconds time) const;
  runtime::Task<Result<>> release_once(runtime::Context& context, ReservationId id, UserId user);
  using Held = inventory::reservation_store::Held;
  Result<> check(Held user, std::optional<Held> network, Held added) const;

  postgres::Pool& pool_;
  inventory::Inventory& inventory_;
  UuidGenerator& ids_;
  const ReservationLimits limits_;
};

}  // namespace souk::checkout
