#include "mail/maildir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace souk::mail {
namespace {

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
  return fail(ErrorCode::kUnavailable,
              fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool opened() const { return fd_ >= 0; }
  bool sync() const { return ::fsync(fd_) == 0; }
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) return false;
      bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return true;
  }

 private:
  const int fd_;
};

Result<> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failed("make", path);
}

Result<> write_file(const std::string& path, std::string_view bytes) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.opened() || !file.write(bytes) || !file.sync()) return failed("write", path);
  return {};
}

// A rename is durable after fsync of its folder.
Result<> sync_folder(const std::string& path) {
  const File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.opened() || !folder.sync()) return failed("sync", path);
  return {};
}

}  // namespace

Result<> Maildir::deliver(std::string_view name, std::string_view message) const {
  // Concurrent deliveries of one message, here or on another node, use different temporary files.
  static std::atomic<unsigned> count = 0;
  for (const auto* folder : {"", "/tmp", "/new", "/cur"}) {
    if (auto made = make_folder(path_ + folder); !made) return made;
  }
  const auto written = fmt::format("{}/tmp/{}.{}.{}.{}", path_, name, ::gethostid(), ::getpid(),
                                   count.fetch_add(1, std::memory_order_relaxed));
  if (auto done = write_file(written, message); !done) {
    ::unlink(written.c_str());
    return done;
  }
  const auto delivered = fmt::format("{}/new/{}", path_, name);
  if (::rename(written.c_str(), delivered.c_str()) != 0) return failed("rename", written);
  return sync_folder(path_ + "/new");
}

}  // namespace souk::mail
