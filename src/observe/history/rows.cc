#include "observe/history/rows.h"

#include <algorithm>
#include <cstring>

namespace souk::observe {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kRunMax = 255;

// The byte order is the machine's: little-endian everywhere that Souk runs.
class Writer {
 public:
  template <class T>
  void put(T value) {
    const auto at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : left_(bytes) {}

  // 0 beyond the end, which failed() then tells.
  template <class T>
  T get() {
    T value{};
    if (left_.size() < sizeof(T)) {
      failed_ = true;
      return value;
    }
    std::memcpy(&value, left_.data(), sizeof(T));
    left_ = left_.subspan(sizeof(T));
    return value;
  }
  bool failed() const { return failed_; }
  bool ended() const { return !failed_ && left_.empty(); }

 private:
  std::span<const std::uint8_t> left_;
  bool failed_ = false;
};

// Runs of zeros, then of others, in turn.
void put_cells(std::span<const float> cells, Writer& out) {
  while (!cells.empty()) {
    const auto run = [&cells](bool of_zeros) {
      const auto room = cells.first(std::min(cells.size(), kRunMax));
      const auto end =
          std::ranges::find_if(room, [of_zeros](float v) { return (v == 0) != of_zeros; });
      return static_cast<std::size_t>(end - room.begin());
    };
    const auto zeros = run(true);
    out.put(static_cast<std::uint8_t>(zeros));
    cells = cells.subspan(zeros);
    const auto others = run(false);
    out.put(static_cast<std::uint8_t>(others));
    for (const float value : cells.first(others)) out.put(value);
    cells = cells.subspan(others);
  }
}

bool get_cells(std::span<float> cells, Reader& in) {
  while (!cells.empty()) {
    const std::size_t zeros = in.get<std::uint8_t>();
    if (zeros > cells.size()) return false;
    cells = cells.subspan(zeros);
    const std::size_t others = in.get<std::uint8_t>();
    if (others > cells.size() || in.failed() || zeros + others == 0) return false;
    for (auto& value : cells.first(others)) value = in.get<float>();
    cells = cells.subspan(others);
  }
  return !in.failed();
}

// Where the numbers of the sender's inputs go.
struct Place {
  std::size_t from;
  std::size_t to;
  std::size_t width;
};

}  // namespace

std::vector<std::uint8_t> encode(const Layout& layout, std::span<const RowView> rows) {
  Writer out;
  out.put(kFormat);
  out.put(static_cast<std::uint16_t>(layout.inputs().size()));
  for (const auto& input : layout.inputs()) {
    out.put(input.id());
    out.put(static_cast<std::uint8_t>(input.width()));
  }
  out.put(static_cast<std::uint16_t>(rows.size()));
  for (const auto& row : rows) {
    out.put(row.at);
    out.put(row.covered);
    out.put(row.nodes);
    put_cells(row.cells, out);
  }
  return out.take();
}

std::optional<std::vector<OwnedRow>> decode(const Layout& layout,
                                            std::span<const std::uint8_t> bytes) {
  Reader in(bytes);
  if (in.get<std::uint8_t>() != kFormat) return std::nullopt;
  std::vector<Place> places;
  std::size_t width = 0;
  const auto inputs = in.get<std::uint16_t>();
  for (std::size_t i = 0; i < inputs && !in.failed(); ++i) {
    const auto id = in.get<std::uint32_t>();
    const std::size_t cells = in.get<std::uint8_t>();
    for (std::size_t own = 0; own < layout.inputs().size(); ++own) {
      const auto& input = layout.inputs()[own];
      if (input.id() == id && input.width() == cells)
        places.push_back({width, layout.at(own), cells});
    }
    width += cells;
  }
  std::vector<OwnedRow> rows;
  std::vector<float> sent(width);
  const auto count = in.get<std::uint16_t>();
  for (std::size_t i = 0; i < count; ++i) {
    OwnedRow row{in.get<Seconds>(), in.get<float>(), in.get<std::uint16_t>(), {}};
    std::ranges::fill(sent, 0.0F);
    if (row.at <= 0 || !get_cells(sent, in)) return std::nullopt;
    row.cells.resize(layout.width());
    const auto how = layout.cells();
    for (std::size_t c = 0; c < how.size(); ++c) row.cells[c] = how[c].is_gauge ? kAbsent : 0;
    for (const auto& place : places) {
      std::copy_n(sent.begin() + static_cast<std::ptrdiff_t>(place.from), place.width,
                  row.cells.begin() + static_cast<std::ptrdiff_t>(place.to));
    }
    rows.push_back(std::move(row));
  }
  if (!in.ended()) return std::nullopt;
  return rows;
}

}  // namespace souk::observe
