#include "observe/history/ring.h"

#include <algorithm>
#include <cmath>

namespace souk::observe {
namespace {

float merged(Cell cell, float one, float other) {
  if (std::isnan(one)) return other;
  if (std::isnan(other)) return one;
  switch (cell.nodes) {
    case Nodes::kSum:
      return one + other;
    case Nodes::kMost:
      return std::max(one, other);
    case Nodes::kLeast:
      return std::min(one, other);
  }
  return one;
}

}  // namespace

Ring::Ring(const Layout& layout, std::size_t rows, Seconds step)
    : layout_(layout), step_(step), heads_(rows), cells_(rows * layout.width()) {}

std::size_t Ring::bytes() const {
  return heads_.size() * sizeof(Head) + cells_.size() * sizeof(float);
}

void Ring::merge(const RowView& row) {
  const auto here = place(row.at);
  auto& head = heads_[here];
  if (head.at != row.at) {
    put(row);
    return;
  }
  head.covered = std::max(head.covered, row.covered);
  head.nodes += row.nodes;
  const auto to = cells(here);
  const auto how = layout_.cells();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = merged(how[i], to[i], row.cells[i]);
}

void Ring::put(const RowView& row) {
  const auto here = place(row.at);
  if (heads_[here].at > row.at) return;
  heads_[here] = {row.at, row.covered, row.nodes};
  std::ranges::copy(row.cells, cells(here).begin());
  newest_ = std::max(newest_, row.at);
}

void Ring::clear() {
  std::ranges::fill(heads_, Head());
  newest_ = 0;
}

RowView Ring::find(Seconds at) const {
  const auto here = place(at);
  const auto& head = heads_[here];
  if (at <= 0 || head.at != at) return {.at = at, .covered = 0, .nodes = 0, .cells = {}};
  return {at, head.covered, head.nodes,
          std::span(cells_).subspan(here * layout_.width(), layout_.width())};
}

Fold::Fold(const Layout& layout)
    : layout_(layout), sums_(layout.width()), known_(layout.width()), result_(layout.width()) {}

void Fold::add(const RowView& row) {
  if (row.cells.empty()) return;
  covered_ += row.covered;
  nodes_ = std::max(nodes_, row.nodes);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    if (std::isnan(row.cells[i])) continue;
    sums_[i] += row.cells[i];
    known_[i] += 1;
  }
}

RowView Fold::take(Seconds at) {
  const auto how = layout_.cells();
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    result_[i] = !how[i].is_gauge ? sums_[i] : known_[i] > 0 ? sums_[i] / known_[i] : kAbsent;
  }
  const RowView row{at, covered_, nodes_, nodes_ == 0 ? std::span<const float>() : result_};
  std::ranges::fill(sums_, 0.0F);
  std::ranges::fill(known_, 0.0F);
  covered_ = 0;
  nodes_ = 0;
  return row;
}

}  // namespace souk::observe
