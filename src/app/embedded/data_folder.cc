#include "app/embedded/data_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace souk::app {
namespace fs = std::filesystem;
namespace {

// The content of a regular file in `folder`; empty if there is none.
std::string read_file(const FileDescriptor& folder, const char* name) {
  constexpr std::size_t kBytesMax = 4096;
  const FileDescriptor file(
      openat(folder.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::string text(kBytesMax, '\0');
  text.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, read(file.get(), text.data(), text.size()))));
  return text;
}

bool write_file(const FileDescriptor& file, std::string_view text) {
  return ftruncate(file.get(), 0) == 0 &&
         write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

using Entries = std::unique_ptr<DIR, int (*)(DIR*)>;

// Null, with errno set, if it cannot be listed.
Entries list(const FileDescriptor& folder) {
  const int listed = openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return {listed < 0 ? nullptr : fdopendir(listed), &closedir};
}

// Changes entries first, the folder itself last. Each is held open between check and change, so
// that it cannot be replaced in between.
Result<> give_tree(const FileDescriptor& folder, const fs::path& path, UserId user) {
  const auto entries = list(folder);
  if (!entries) return path_error(path, errno);
  while (const dirent* entry = readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const FileDescriptor held(openat(folder.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat info{};
    if (!held || fstat(held.get(), &info) != 0) return path_error(path / name, errno);
    if (S_ISDIR(info.st_mode)) {
      if (auto given = give_tree(held, path / name, user); !given) return given;
      continue;
    }
    if (S_ISREG(info.st_mode) && info.st_nlink > 1) {
      return fail(
          ErrorCode::kPreconditionFailed,
          fmt::format("{} has a second name, which may be another program's: it is not given "
                      "to the user {}. Remove one of the two",
                      (path / name).string(), user_name(user.uid)));
    }
    if (fchownat(held.get(), "", user.uid, user.gid, AT_EMPTY_PATH) != 0) {
      return path_error(path / name, errno);
    }
  }
  if (fchownat(folder.get(), "", user.uid, user.gid, AT_EMPTY_PATH) != 0) {
    return path_error(path, errno);
  }
  return {};
}

std::string version_text() {
  return fmt::format("souk-data {}\npostgresql {}\n", kDataFormat, kPostgresMajor);
}

// Written to a temporary file and renamed, so that it is always complete.
Result<> write_version(const ReachedFolder& folder) {
  const int at = folder.descriptor.get();
  const FileDescriptor file(
      openat(at, "VERSION.new", O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file || !write_file(file, version_text()) ||
      renameat(at, "VERSION.new", at, "VERSION") != 0) {
    return path_error(folder.path / "VERSION", errno);
  }
  return {};
}

Result<> check_version(const ReachedFolder& folder) {
  const std::string text = read_file(folder.descriptor, "VERSION");
  if (text == version_text()) return {};
  int format = 0;
  int postgres = 0;
  if (std::sscanf(text.c_str(), "souk-data %d postgresql %d", &format, &postgres) != 2) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} cannot be understood. Choose another folder with --data DIR",
                            (folder.path / "VERSION").string()));
  }
  return fail(
      ErrorCode::kPreconditionFailed,
      fmt::format("{} was written in data format {} with PostgreSQL {}; this Souk reads format {} "
                  "with PostgreSQL {}. Start the Souk that wrote it, or choose another folder with "
                  "--data DIR",
                  folder.path.string(), format, postgres, kDataFormat, kPostgresMajor));
}

// Refuses a folder with other content.
Result<> check_unmarked(const ReachedFolder& folder) {
  static constexpr std::array<std::string_view, 5> kOurs{".", "..", "lock", "VERSION.new",
                                                         "lost+found"};
  const auto entries = list(folder.descriptor);
  if (!entries) return path_error(folder.path, errno);
  while (const dirent* entry = readdir(entries.get())) {
    if (std::ranges::count(kOurs, entry->d_name) != 0) continue;
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} holds other files ({}) and is not a data folder of Souk. Choose an "
                            "empty or a new one with --data DIR",
                            folder.path.string(), entry->d_name));
  }
  return {};
}

Result<FileDescriptor> take_lock(const ReachedFolder& folder) {
  const auto path = folder.path / "lock";
  FileDescriptor lock(
      openat(folder.descriptor.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock) return path_error(path, errno);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return path_error(path, errno);
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} is in use by another souk (process {}). Stop that one, or choose "
                            "another folder with --data DIR",
                            folder.path.string(), read_file(folder.descriptor, "lock")));
  }
  if (!write_file(lock, std::to_string(getpid()))) return path_error(path, errno);
  return lock;
}

Result<> check_space(const ReachedFolder& folder) {
  struct statvfs space{};
  if (fstatvfs(folder.descriptor.get(), &space) != 0) return path_error(folder.path, errno);
  const auto available = std::uintmax_t{space.f_bavail} * space.f_frsize;
  if (available >= kFreeBytesMin) return {};
  return fail(
      ErrorCode::kUnavailable,
      fmt::format("the disk of {} is full: {} MiB are free and Souk starts with {} or more. "
                  "Free some, or choose another folder with --data DIR",
                  folder.path.string(), available >> 20, kFreeBytesMin >> 20));
}

}  // namespace

std::unexpected<Error> path_error(const fs::path& path, int reason) {
  std::string advice;
  if (reason == ENOSPC || reason == EDQUOT) advice = ". Free some space";
  if (reason == EACCES || reason == EROFS || reason == EPERM) {
    advice = ". Choose a folder you may write with --data DIR";
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("cannot write {}: {}{}", path.string(), std::strerror(reason), advice));
}

Result<DataFolder> DataFolder::open(const fs::path& path) {
  auto folder = reach_folder(absolute(path), {});
  if (!folder) return std::unexpected(std::move(folder.error()));
  return open(*std::move(folder));
}

Result<DataFolder> DataFolder::open(ReachedFolder folder) {
  auto lock = take_lock(folder);
  if (!lock) return std::unexpected(std::move(lock.error()));
  const bool marked = faccessat(folder.descriptor.get(), "VERSION", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  for (const auto check : {marked ? check_version : check_unmarked, check_space}) {
    if (auto good = check(folder); !good) return std::unexpected(std::move(good.error()));
  }
  if (!marked) {
    if (auto written = write_version(folder); !written) {
      return std::unexpected(std::move(written.error()));
    }
  }
  return DataFolder(std::move(folder), std::move(*lock));
}

fs::path DataFolder::absolute(const fs::path& path) {
  std::error_code error;
  const auto folder = fs::absolute(path, error).lexically_normal();
  return folder.has_filename() ? folder : folder.parent_path();
}

Result<> DataFolder::give_to(UserId user) const {
  return give_tree(folder_.descriptor, folder_.path, user);
}

fs::path DataFolder::log_for(std::string_view server) const {
  return path() / fmt::format("{}.log", server);
}

Result<UserId> server_user(const fs::path& folder, const std::string& name) {
  if (geteuid() != 0) return current_user();
  struct stat info{};
  if (stat(folder.c_str(), &info) == 0 && info.st_uid != 0) return UserId{info.st_uid, info.st_gid};
  if (const passwd* user = getpwnam(name.c_str())) return UserId{user->pw_uid, user->pw_gid};
  return fail(ErrorCode::kUnavailable,
              fmt::format("as root, a server runs as the user {}, whom this system does not have. "
                          "Install Debian's packages with tools/install-packages, or start Souk as "
                          "another user",
                          name));
}

Result<> make_private_folder(const fs::path& folder, UserId owner) {
  if (mkdir(folder.c_str(), 0700) != 0) {
    if (errno == EEXIST) return {};
    return path_error(folder, errno);
  }
  if (owner != current_user() && chown(folder.c_str(), owner.uid, owner.gid) != 0) {
    return path_error(folder, errno);
  }
  return {};
}

}  // namespace souk::app
