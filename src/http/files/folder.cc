#include "http/files/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>

namespace souk::http {
namespace {

bool is_published(std::string_view name) {
  return !name.empty() && name.find('\0') == std::string_view::npos &&
         (name.front() != '.' || name == ".well-known");
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd) {
    close();
    fd_ = fd;
  }

 private:
  void close() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd_;
};

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

void File::read(std::uint64_t offset, std::span<char> out) const {
  while (!out.empty()) {
    const auto n = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "reading a file");
    if (n == 0) throw std::runtime_error("a file became shorter while it was sent");
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

std::optional<File> open_below(const std::string& folder, std::string_view path) {
  constexpr int kFolder = O_PATH | O_DIRECTORY | O_CLOEXEC;
  Descriptor at(::open(folder.c_str(), kFolder));
  for (;;) {
    const auto slash = path.find('/');
    const std::string name(path.substr(0, slash));
    if (at.get() < 0 || !is_published(name)) return std::nullopt;
    // Opening a FIFO must not wait for its writer.
    const int how = slash == std::string_view::npos ? O_RDONLY | O_NONBLOCK | O_CLOEXEC : kFolder;
    at.reset(::openat(at.get(), name.c_str(), how | O_NOFOLLOW));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  struct stat status{};
  if (at.get() < 0 || ::fstat(at.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  const auto changed = std::chrono::seconds(status.st_mtim.tv_sec) +
                       std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return File(at.release(), static_cast<std::uint64_t>(status.st_size),
              Timestamp(std::chrono::duration_cast<Timestamp::duration>(changed)));
}

}  // namespace souk::http
