// Who gets the last units: a pure decision over what was locked.
#pragma once

#include <vector>

#include "inventory/types.h"

namespace souk::inventory::rules {

// The lines that cannot be had in full; empty when all can. A product that is not among the
// `locked` has no units. REQUIRES: products of the lines distinct.
std::vector<Shortage> shortages(const std::vector<Line>& lines, const std::vector<Stock>& locked);

}  // namespace souk::inventory::rules
