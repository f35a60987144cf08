// What the buyers of a batch hold, while one order after the other uses it up. An order that names
// a reservation takes all that is left of it. One that names none takes what its buyer holds of its
// products first, those holds that end soonest first: nobody is short of what is held for himself,
// and nothing stays held that was bought. Pure.
// Threading: plain values.
#pragma once

#include <span>
#include <vector>

#include "inventory/reservation.h"

namespace souk::checkout {

class OwnHolds {
 public:
  OwnHolds() = default;
  // REQUIRES: locked, and not over.
  explicit OwnHolds(std::vector<inventory::Reservation> held);

  // What is left of one; empty where it is not held any more.
  std::vector<inventory::Line> left_of(ReservationId id) const;
  // How many units of each line its buyer holds, up to the line's quantity.
  std::vector<std::int32_t> share_of(UserId buyer, const std::vector<inventory::Line>& lines) const;

  // For an order that is placed. REQUIRES: something is left of it.
  void use_up(ReservationId id, OrderId order);
  // REQUIRES: `units` is their share_of().
  void use(UserId buyer, const std::vector<inventory::Line>& lines,
           std::span<const std::int32_t> units, OrderId order);

  struct UsedUp {
    std::vector<ReservationId> reservations;
    std::vector<OrderId> orders;  // each by which it was
  };
  UsedUp used_up() const;
  // Those of which some is left, but less than there was.
  std::vector<const inventory::Reservation*> shrunk() const;

 private:
  struct Hold {
    inventory::Reservation reservation;
    bool touched = false;
    std::optional<OrderId> used_up_by;
  };

  std::vector<Hold> holds_;  // those that end soonest first
};

}  // namespace souk::checkout
