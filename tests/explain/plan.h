// The parts of EXPLAIN (FORMAT JSON) that the tests check.
// Threading: plain values.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace souk::explain {

struct Plan {
  std::set<std::string> indexes;             // every index that is scanned
  std::set<std::string> tables_read_wholly;  // by a sequential scan
  std::int64_t pages = 0;                    // read or found in memory, with ANALYZE and BUFFERS
};

// Throws simdjson::simdjson_error for anything but EXPLAIN's output.
Plan read_plan(std::string_view json);

}  // namespace souk::explain
