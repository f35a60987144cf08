// Units promised to a cart for a while.
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
  std::vector<Line> lines;  // what is left of each: 0 where orders have taken all of it
};

// Without what is left of nothing.
std::vector<Line> lines_left(const Reservation& reservation);

}  // namespace souk::inventory
