#include "app/embedded/server_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <deque>
#include <fstream>

namespace souk::app {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLinesMax = 4;
constexpr std::streamoff kBytesMax = 4096;

}  // namespace

std::string log_tail(const fs::path& log) {
  std::ifstream file(log, std::ios::ate);
  file.seekg(std::max<std::streamoff>(0, file.tellg() - kBytesMax));
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
    if (lines.size() > kLinesMax) lines.pop_front();
  }
  return fmt::format("{} (more in {})", fmt::join(lines, " | "), log.string());
}

void limit_log(const fs::path& log, std::uintmax_t bytes_max) {
  std::error_code error;
  const auto size = fs::file_size(log, error);
  if (error || size <= bytes_max) return;
  const auto aside = fs::path(log) += ".new";
  fs::copy_file(log, aside, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(aside, fs::path(log) += ".old", error);
  std::error_code ignored;
  if (error) fs::remove(aside, ignored);
  fs::resize_file(log, 0, ignored);
  if (!error) return;
  std::ofstream(log, std::ios::app)
      << fmt::format("souk: {} bytes of this log could not be kept: {}\n", size, error.message());
}

}  // namespace souk::app
