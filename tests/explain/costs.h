// What statements cost, as PostgreSQL counts it: held against committed figures, so that a change
// which costs more is seen on any machine, however noisy.
// Threading: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace souk::explain {

struct Cost {
  std::int64_t pages = 0;
  std::int64_t rows = 0;       // that any node of the plan returned
  std::int64_t wal_bytes = 0;  // without full page images
  friend bool operator==(const Cost&, const Cost&) = default;
};
using Costs = std::map<std::string, Cost>;  // by statement

// Tab-separated: name, pages, rows, WAL bytes; '#' begins a comment. Throws std::runtime_error.
Costs read_costs(const std::string& file);
void write_costs(const std::string& file, const Costs& costs);

// A sentence for each figure that is more than kTolerance away from the committed one, in either
// direction, and for each statement that only one of both has.
inline constexpr double kTolerance = 0.02;
std::vector<std::string> differences(const Costs& committed, const Costs& measured);

}  // namespace souk::explain
