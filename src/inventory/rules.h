// Allocates units: a pure decision over locked stocks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inventory/types.h"

namespace souk::inventory::rules {

// The units left of the locked stocks, while orders take from them one by one.
class Shelf {
 public:
  Shelf() = default;
  // A product missing from `locked` has no units.
  explicit Shelf(std::vector<Stock> locked);

  // Takes all lines, or nothing and returns the lines that are short. `own`: the units of each line
  // that are reserved for this buyer already. REQUIRES: products of the lines distinct, `own` empty
  // or as long as they and not above their quantities.
  std::vector<Shortage> take(const std::vector<Line>& lines,
                             std::span<const std::int32_t> own = {});
  // Whether all products have rows with the units on hand: held units may be gone with their row.
  bool has(const std::vector<Line>& lines) const;

 private:
  std::int64_t* available(ProductId id);  // null when there are none

  std::vector<ProductId> products_;  // sorted; the units of each:
  std::vector<std::int64_t> left_;
};

}  // namespace souk::inventory::rules
