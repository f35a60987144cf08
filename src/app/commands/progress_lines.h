// Prints a line for each tenth of a table, to show the progress of a long seed.
// Threading: the main thread. Ownership: borrows the stream.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace souk::app {

class ProgressLines {
 public:
  explicit ProgressLines(std::ostream& out) : out_(out) {}

  // Call it repeatedly, for one table after another.
  void operator()(std::string_view table, std::uint64_t done, std::uint64_t of);

 private:
  std::ostream& out_;
  std::string table_;
  std::uint64_t tenth_ = 0;
};

}  // namespace souk::app
