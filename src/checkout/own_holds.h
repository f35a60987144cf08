// The holds of the buyers of a batch, while their orders use them up one by one. An order with a
// reservation takes all that is left of it. Other orders first take what their buyer holds of their
// products, from the holds that end soonest: a buyer is never short of units that are held for the
// same buyer, and bought units do not stay held. Pure.
// Threading: plain values.
#pragma once

#include <span>
#include <vector>

#include "inventory/reservation.h"

namespace souk::checkout {

class OwnHolds {
 public:
  OwnHolds() = default;
  // REQUIRES: locked, and not expired.
  explicit OwnHolds(std::vector<inventory::Reservation> held);

  // What is left of a reservation; empty if it is not held any more.
  std::vector<inventory::Line> left_of(ReservationId id) const;
  // The units of each line that its buyer holds, up to the line's quantity.
  std::vector<std::int32_t> share_of(UserId buyer, const std::vector<inventory::Line>& lines) const;

  // Assigns the reservation to a placed order. REQUIRES: something is left of it.
  void use_up(ReservationId id, OrderId order);
  // REQUIRES: `units` is their share_of().
  void use(UserId buyer, const std::vector<inventory::Line>& lines,
           std::span<const std::int32_t> units, OrderId order);

  struct UsedUp {
    std::vector<ReservationId> reservations;
    std::vector<OrderId> orders;  // the order that used up each
  };
  UsedUp used_up() const;
  // Reservations that were used in part.
  std::vector<const inventory::Reservation*> shrunk() const;
  // What was used of each reservation: not promised to it any more, but to orders.
  std::vector<inventory::Movement> released() const;

 private:
  struct Hold {
    inventory::Reservation reservation;
    std::vector<inventory::Line> before;  // its lines
    bool touched = false;
    std::optional<OrderId> used_up_by;
  };

  std::vector<Hold> holds_;  // in order of expiry
};

}  // namespace souk::checkout
