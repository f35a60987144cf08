#include "loadtest/zipf.h"

#include <cmath>
#include <numeric>

#include "base/assert.h"

namespace souk::loadtest {

AliasTable::AliasTable(std::span<const double> weights) : cells_(weights.size()) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  SOUK_ASSERT(sum > 0);
  std::vector<double> left(weights.size());
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    left[i] = weights[i] / sum * static_cast<double>(weights.size());
    (left[i] < 1 ? small : large).push_back(i);
    cells_[i] = {1, i};
  }
  // Each small cell is filled up by a large one, which may become small by that.
  while (!small.empty() && !large.empty()) {
    const auto poor = small.back();
    const auto rich = large.back();
    small.pop_back();
    cells_[poor] = {left[poor], rich};
    left[rich] -= 1 - left[poor];
    if (left[rich] < 1) {
      large.pop_back();
      small.push_back(rich);
    }
  }
}

std::size_t AliasTable::draw(SeededRandom& random) const {
  const auto i = random.below(cells_.size());
  return random.unit() < cells_[i].own_share ? i : cells_[i].alias;
}

AliasTable zipf(std::size_t n, double s) {
  std::vector<double> weights(n);
  for (std::size_t i = 0; i < n; ++i) weights[i] = 1 / std::pow(static_cast<double>(i + 1), s);
  return AliasTable(weights);
}

}  // namespace souk::loadtest
