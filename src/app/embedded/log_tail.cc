#include "app/embedded/log_tail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <deque>
#include <fstream>

namespace souk::app {
namespace {

constexpr std::size_t kLinesMax = 4;
constexpr std::streamoff kBytesMax = 4096;

}  // namespace

std::string log_tail(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::ate);
  file.seekg(std::max<std::streamoff>(0, file.tellg() - kBytesMax));
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
    if (lines.size() > kLinesMax) lines.pop_front();
  }
  return fmt::format("{} (more in {})", fmt::join(lines, " | "), log.string());
}

}  // namespace souk::app
