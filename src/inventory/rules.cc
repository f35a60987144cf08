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

std::vector<Shortage> Shelf::take(const std::vector<Line>& lines,
                                  std::span<const std::int32_t> own) {
  const auto wanted = [&](std::size_t i) { return lines[i].quantity - (own.empty() ? 0 : own[i]); };
  std::vector<Shortage> shortages;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto* const left = available(lines[i].product_id);
    if (left != nullptr && wanted(i) <= *left) continue;
    const auto had = left == nullptr ? 0 : *left + lines[i].quantity - wanted(i);
    shortages.push_back({lines[i].product_id, lines[i].quantity, had});
  }
  if (!shortages.empty()) return shortages;
  for (std::size_t i = 0; i < lines.size(); ++i) *available(lines[i].product_id) -= wanted(i);
  return {};
}

bool Shelf::has(const std::vector<Line>& lines) const {
  return std::ranges::all_of(lines, [this](const Line& line) {
    return std::ranges::binary_search(products_, line.product_id);
  });
}

}  // namespace souk::inventory::rules
