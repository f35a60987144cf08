// Zipf's law of popularity: rank k is wanted 1/k^s as often as rank 1. Drawing is O(1) by Vose's
// alias method (1991).
// Threading: immutable once made; any thread may draw with its own randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace souk::loadtest {

// Draws indices with the given weights.
class AliasTable {
 public:
  // REQUIRES: at least one weight, all >= 0, their sum > 0.
  explicit AliasTable(std::span<const double> weights);
  std::size_t draw(SeededRandom& random) const;
  std::size_t size() const { return cells_.size(); }

 private:
  struct Cell {
    double own_share;  // of this cell; the rest is the alias's
    std::uint32_t alias;
  };
  std::vector<Cell> cells_;
};

// Rank 0 is the most popular of n. REQUIRES: n > 0.
AliasTable zipf(std::size_t n, double s);

}  // namespace souk::loadtest
