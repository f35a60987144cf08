// Opens regular files below a folder, and never another one: each segment of a path is opened below
// the one before without following symbolic links. (openat2 would do it in one call, but container
// runtimes refuse it.) The folder itself may be a link, looked up each time: a deployment can
// replace it.
//
// Threading: any thread; opening and reading block for as long as the disk takes.
// Ownership: a File closes its descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace souk::http {

class File {
 public:
  File(int fd, std::uint64_t size, Timestamp changed_at)
      : fd_(fd), size_(size), changed_at_(changed_at) {}
  File(File&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), size_(other.size_), changed_at_(other.changed_at_) {}
  File& operator=(File&&) = delete;
  ~File();

  std::uint64_t size() const { return size_; }  // when it was opened
  Timestamp changed_at() const { return changed_at_; }
  // Fills `out` from that offset. Throws std::runtime_error when the file has become shorter, or
  // cannot be read.
  void read(std::uint64_t offset, std::span<char> out) const;

 private:
  int fd_;
  std::uint64_t size_;
  Timestamp changed_at_;
};

// Nothing when there is no such regular file: also for a path with an empty segment, ".", ".." or a
// name that begins with a dot, other than ".well-known", which are not for publication.
std::optional<File> open_below(const std::string& folder, std::string_view path);

}  // namespace souk::http
