#include "inventory/rules.h"

#include <algorithm>

namespace souk::inventory::rules {

Shelf::Shelf(std::vector<Stock> locked) {
  std::ranges::sort(locked, {}, &Stock::product_id);
  products_.reserve(locked.size());
  left_.reserve(locked.size());
  for (const auto& stock : locked) {
    products_.push_back(stock.product_id);
    left_.push_back(stock.available());
  }
}

std::int64_t* Shelf::available(ProductId id) {
  const auto found = std::ranges::lower_bound(products_, id);
  if (found == products_.end() || *found != id) return nullptr;
  return &left_[static_cast<std::size_t>(found - products_.begin())];
}

std::vector<Shortage> Shelf::take(const std::vector<Line>& lines) {
  std::vector<Shortage> shortages;
  for (const auto& line : lines) {
    const auto* const left = available(line.product_id);
    if (left == nullptr || line.quantity > *left) {
      shortages.push_back({line.product_id, line.quantity, left == nullptr ? 0 : *left});
    }
  }
  if (shortages.empty()) {
    for (const auto& line : lines) *available(line.product_id) -= line.quantity;
  }
  return shortages;
}

bool Shelf::has(const std::vector<Line>& lines) const {
  return std::ranges::all_of(lines, [this](const Line& line) {
    return std::ranges::binary_search(products_, line.product_id);
  });
}

}  // namespace souk::inventory::rules
