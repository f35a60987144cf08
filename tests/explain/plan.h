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
  // With ANALYZE and BUFFERS, and with WAL:
  std::int64_t pages = 0;  // read or found in memory
  std::int64_t rows = 0;   // that any node returned, each time it ran
  std::int64_t wal_bytes =
      0;  // with those of full page images, which depend on the last checkpoint
  std::int64_t wal_images = 0;
};

// Throws simdjson::simdjson_error for anything but EXPLAIN's output.
Plan read_plan(std::string_view json);

}  // namespace souk::explain
