#include "costs.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace souk::explain {
namespace {

constexpr auto kHeader =
    "# What a request of each statement costs in the shop of explain_pgtest; docs/regressions.md.\n"
    "# statement\tpages\trows\tWAL bytes\n";

bool differs(std::int64_t committed, std::int64_t measured) {
  const auto difference = static_cast<double>(std::abs(measured - committed));
  return difference > kTolerance * static_cast<double>(committed);
}

void compare(std::vector<std::string>& found, const std::string& statement, const char* what,
             std::int64_t committed, std::int64_t measured) {
  if (!differs(committed, measured)) return;
  found.push_back(fmt::format("{}: {} {} instead of {}", statement, measured, what, committed));
}

}  // namespace

Costs read_costs(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(fmt::format("cannot read {}", file));
  Costs costs;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string statement;
    Cost cost;
    if (!(fields >> statement >> cost.pages >> cost.rows >> cost.wal_bytes)) {
      throw std::runtime_error(fmt::format("{}: {}", file, line));
    }
    costs[statement] = cost;
  }
  return costs;
}

void write_costs(const std::string& file, const Costs& costs) {
  std::ofstream out(file);
  out << kHeader;
  for (const auto& [statement, cost] : costs) {
    fmt::print(out, "{}\t{}\t{}\t{}\n", statement, cost.pages, cost.rows, cost.wal_bytes);
  }
  if (!out.flush()) throw std::runtime_error(fmt::format("cannot write {}", file));
}

std::vector<std::string> differences(const Costs& committed, const Costs& measured) {
  std::vector<std::string> found;
  for (const auto& [statement, cost] : measured) {
    const auto old = committed.find(statement);
    if (old == committed.end()) {
      found.push_back(fmt::format("{}: has no committed costs", statement));
      continue;
    }
    compare(found, statement, "pages", old->second.pages, cost.pages);
    compare(found, statement, "rows", old->second.rows, cost.rows);
    compare(found, statement, "bytes of WAL", old->second.wal_bytes, cost.wal_bytes);
  }
  for (const auto& [statement, cost] : committed) {
    if (!measured.contains(statement))
      found.push_back(fmt::format("{}: is not measured any more", statement));
  }
  return found;
}

}  // namespace souk::explain
