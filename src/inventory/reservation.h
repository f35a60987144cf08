// Units promised to a cart for a while.
// Threading: plain values.
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "inventory/types.h"

namespace souk::inventory {

enum class ReservationStatus : std::uint8_t { kHeld, kOrdered, kReleased, kExpired };

std::string_view name_of(ReservationStatus status);

struct Reservation {
  ReservationId id;
  UserId user_id;
  ReservationStatus status = ReservationStatus::kHeld;
  Timestamp expires_at;
  std::vector<Line> lines;
};

}  // namespace souk::inventory
