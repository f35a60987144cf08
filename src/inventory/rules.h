// Who gets the last units: a pure decision over what was locked.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inventory/types.h"

namespace souk::inventory::rules {

// What is left of the locked stocks while one after the other takes from them.
class Shelf {
 public:
  Shelf() = default;
  // A product that is not among the `locked` has no units.
  explicit Shelf(std::vector<Stock> locked);

  // Takes all the lines, or nothing; then the lines that cannot be had in full. Of each line, so
  // many units as `own` says are the taker's already: they are reserved for him. REQUIRES: products
  // of the lines distinct, `own` empty or as long as they and not above their quantities.
  std::vector<Shortage> take(const std::vector<Line>& lines,
                             std::span<const std::int32_t> own = {});
  // Whether there are rows of all of them, with units on hand: what is held may be gone with its
  // row.
  bool has(const std::vector<Line>& lines) const;

 private:
  std::int64_t* available(ProductId id);  // null where there are none

  std::vector<ProductId> products_;  // sorted, and of each
  std::vector<std::int64_t> left_;
};

}  // namespace souk::inventory::rules
