// How the lines of a reservation change, when its user wants others; pure.
// Threading: plain values.
#pragma once

#include <vector>

#include "inventory/reservation.h"

namespace souk::checkout {

struct LineChanges {
  // Nothing changes if nothing is wanted. REQUIRES: products of each distinct.
  LineChanges(const inventory::Reservation& held, const std::vector<inventory::Line>& wanted);

  // The reservation's own, in order, then new ones. One that is not wanted any more has no units.
  std::vector<inventory::Line> lines;
  std::vector<inventory::Line> grown;       // those with more units than before, and what
  std::vector<std::int32_t> held_of_grown;  // they had before
  std::vector<inventory::Movement> movements;
  std::int64_t units = 0;  // added, less those released
};

}  // namespace souk::checkout
