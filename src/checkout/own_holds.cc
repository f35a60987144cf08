#include "checkout/own_holds.h"

#include <algorithm>

namespace souk::checkout {

using inventory::Line;
using inventory::Reservation;

OwnHolds::OwnHolds(std::vector<Reservation> held) {
  std::ranges::sort(held, {}, &Reservation::expires_at);
  for (auto& reservation : held) {
    auto before = reservation.lines;
    holds_.push_back({.reservation = std::move(reservation), .before = std::move(before)});
  }
}

std::vector<Line> OwnHolds::left_of(ReservationId id) const {
  for (const auto& hold : holds_) {
    if (hold.reservation.id == id && !hold.used_up_by) return lines_left(hold.reservation);
  }
  return {};
}

std::vector<std::int32_t> OwnHolds::share_of(UserId buyer, const std::vector<Line>& lines) const {
  if (holds_.empty()) return {};
  std::vector<std::int32_t> share(lines.size(), 0);
  for (const auto& [reservation, before, touched, used_up_by] : holds_) {
    if (reservation.user_id != buyer || used_up_by) continue;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto held =
          std::ranges::find(reservation.lines, lines[i].product_id, &Line::product_id);
      if (held == reservation.lines.end()) continue;
      share[i] += std::min(held->quantity, lines[i].quantity - share[i]);
    }
  }
  return share;
}

void OwnHolds::use_up(ReservationId id, OrderId order) {
  for (auto& hold : holds_) {
    if (hold.reservation.id == id) hold.used_up_by = order;
  }
}

void OwnHolds::use(UserId buyer, const std::vector<Line>& lines,
                   std::span<const std::int32_t> units, OrderId order) {
  std::vector<std::int32_t> wanted(units.begin(), units.end());
  for (auto& [reservation, before, touched, used_up_by] : holds_) {
    if (reservation.user_id != buyer || used_up_by) continue;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto held =
          std::ranges::find(reservation.lines, lines[i].product_id, &Line::product_id);
      if (held == reservation.lines.end()) continue;
      const auto used = std::min(held->quantity, wanted[i]);
      held->quantity -= used;
      wanted[i] -= used;
      touched = touched || used > 0;
    }
    if (touched && lines_left(reservation).empty()) used_up_by = order;
  }
}

OwnHolds::UsedUp OwnHolds::used_up() const {
  UsedUp all;
  for (const auto& hold : holds_) {
    if (!hold.used_up_by) continue;
    all.reservations.push_back(hold.reservation.id);
    all.orders.push_back(*hold.used_up_by);
  }
  return all;
}

std::vector<inventory::Movement> OwnHolds::released() const {
  std::vector<inventory::Movement> all;
  for (const auto& [reservation, before, touched, used_up_by] : holds_) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      const auto left = used_up_by ? 0 : reservation.lines[i].quantity;
      if (left == before[i].quantity) continue;
      all.push_back({.product_id = before[i].product_id,
                     .reserved = left - before[i].quantity,
                     .reason = inventory::Reason::kReleased,
                     .cause = reservation.id.value});
    }
  }
  return all;
}

std::vector<const Reservation*> OwnHolds::shrunk() const {
  std::vector<const Reservation*> all;
  for (const auto& hold : holds_) {
    if (hold.touched && !hold.used_up_by) all.push_back(&hold.reservation);
  }
  return all;
}

}  // namespace souk::checkout
