// Units held for a cart for a limited time.
// Threading: plain values.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "inventory/types.h"

namespace souk::inventory {

enum class ReservationStatus : std::uint8_t { kHeld, kOrdered, kReleased, kExpired };

inline constexpr std::array<std::string_view, 4> kReservationStatusNames = {"held", "ordered",
                                                                            "released", "expired"};

struct Reservation {
  ReservationId id;
  UserId user_id;
  ReservationStatus status = ReservationStatus::kHeld;
  Timestamp expires_at;
  std::vector<Line> lines;  // units left of each: 0 when all are ordered
};

// Without lines that have no units left.
std::vector<Line> lines_left(const Reservation& reservation);

}  // namespace souk::inventory
