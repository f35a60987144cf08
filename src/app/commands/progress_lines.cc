#include "app/commands/progress_lines.h"

#include <fmt/ostream.h>

namespace souk::app {
namespace {

constexpr std::uint64_t kPercentPerLine = 10;

}  // namespace

void ProgressLines::operator()(std::string_view table, std::uint64_t done, std::uint64_t of) {
  const auto tenth = of == 0 ? 0 : done * 100 / of / kPercentPerLine;
  if (table == table_ && tenth == tenth_) return;
  const bool started = table == table_;
  table_ = table;
  tenth_ = tenth;
  if (!started && done < of) return;
  fmt::print(out_, "{:<16} {:>3} % of {}\n", table, tenth * kPercentPerLine, of);
  out_.flush();
}

}  // namespace souk::app
