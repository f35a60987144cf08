// Rows of the history as bytes: as nodes tell each other theirs, and as the database keeps them.
// The bytes name their inputs, so that versions of Souk with different panels understand each
// other. Threading: pure functions. Ownership: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "observe/history/ring.h"

namespace souk::observe {

struct OwnedRow {
  Seconds at;
  float covered;
  std::uint16_t nodes;
  std::vector<float> cells;

  RowView view() const { return {at, covered, nodes, cells}; }
};

// Some 200 bytes a row, and five for each input. REQUIRES: none of the rows is empty.
std::vector<std::uint8_t> encode(const Layout& layout, std::span<const RowView> rows);
// Inputs that this layout does not have are left out; those that the bytes do not have are absent.
// Nothing if the bytes are damaged.
std::optional<std::vector<OwnedRow>> decode(const Layout& layout,
                                            std::span<const std::uint8_t> bytes);

}  // namespace souk::observe
