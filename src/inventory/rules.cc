#include "inventory/rules.h"

#include <algorithm>

namespace souk::inventory::rules {

std::vector<Shortage> shortages(const std::vector<Line>& lines, const std::vector<Stock>& locked) {
  std::vector<Shortage> short_lines;
  for (const auto& line : lines) {
    const auto stock = std::ranges::find(locked, line.product_id, &Stock::product_id);
    const auto available = stock == locked.end() ? 0 : stock->available();
    if (line.quantity > available) {
      short_lines.push_back({line.product_id, line.quantity, available});
    }
  }
  return short_lines;
}

}  // namespace souk::inventory::rules
