#include "base/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace souk {

std::expected<std::string, std::string> read_file(const std::filesystem::path& path) {
  std::string text;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  char piece[4096];
  std::size_t size = sizeof(piece);  // less: the end, or a failure
  while (file && size == sizeof(piece)) {
    size = std::fread(piece, 1, sizeof(piece), file.get());
    text.append(piece, size);
  }
  if (file && std::ferror(file.get()) == 0) return text;
  return std::unexpected(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
}

}  // namespace souk
