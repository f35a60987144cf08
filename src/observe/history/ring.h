// The last rows of the history, at one step: a second or a minute. A place is found by its time, so
// that rows of several nodes, in any order, are merged into the row of their second.
//
// Threading: one thread at a time. Ownership: borrows the layout, which outlives it; its memory is
// allocated once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "observe/history/layout.h"

namespace souk::observe {

using Seconds = std::int64_t;  // since the Unix epoch

struct RowView {
  Seconds at;     // its begin
  float covered;  // seconds that its counts cover; of a minute fewer than 60 where some are missing
  std::uint16_t nodes;  // how many it is of
  std::span<const float> cells;
};

class Ring {
 public:
  Ring(const Layout& layout, std::size_t rows, Seconds step);

  // Merges the row of one more node, or several. Ignored if it is older than what the ring keeps.
  void merge(const RowView& row);
  // Replaces the row of that time.
  void put(const RowView& row);
  // Empty cells: there is none.
  RowView find(Seconds at) const;

  void clear();

  Seconds step() const { return step_; }
  std::size_t rows() const { return heads_.size(); }
  Seconds newest() const { return newest_; }  // 0: none
  std::size_t bytes() const;

 private:
  struct Head {
    Seconds at = 0;
    float covered = 0;
    std::uint16_t nodes = 0;
  };
  std::size_t place(Seconds at) const { return static_cast<std::size_t>(at / step_) % rows(); }
  std::span<float> cells(std::size_t place) {
    return std::span(cells_).subspan(place * layout_.width(), layout_.width());
  }

  const Layout& layout_;
  const Seconds step_;
  Seconds newest_ = 0;
  std::vector<Head> heads_;
  std::vector<float> cells_;
};

// Merges rows of successive times: counts are added, gauges averaged over the rows that have them.
class Fold {
 public:
  explicit Fold(const Layout& layout);

  void add(const RowView& row);
  // Of the rows since the last call of it, beginning at `at`; valid until the next call.
  RowView take(Seconds at);

 private:
  const Layout& layout_;
  float covered_ = 0;
  std::uint16_t nodes_ = 0;
  std::vector<float> sums_;
  std::vector<float> known_;  // how many rows have a value
  std::vector<float> result_;
};

}  // namespace souk::observe
