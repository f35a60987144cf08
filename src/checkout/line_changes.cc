#include "checkout/line_changes.h"

#include <algorithm>

namespace souk::checkout {

using inventory::Line;
using inventory::Reason;

LineChanges::LineChanges(const inventory::Reservation& held, const std::vector<Line>& wanted)
    : lines(held.lines) {
  if (wanted.empty()) return;
  for (auto& line : lines) line.quantity = 0;
  for (const auto& line : wanted) {
    const auto same = std::ranges::find(lines, line.product_id, &Line::product_id);
    if (same == lines.end()) {
      lines.push_back(line);
    } else {
      same->quantity = line.quantity;
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto before = i < held.lines.size() ? held.lines[i].quantity : 0;
    const auto added = lines[i].quantity - before;
    if (added == 0) continue;
    units += added;
    movements.push_back({.product_id = lines[i].product_id,
                         .reserved = added,
                         .reason = added > 0 ? Reason::kHeld : Reason::kReleased,
                         .cause = held.id.value});
    if (added < 0) continue;
    grown.push_back(lines[i]);
    held_of_grown.push_back(before);
  }
}

}  // namespace souk::checkout
