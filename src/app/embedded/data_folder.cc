#include "app/embedded/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace souk::app {
namespace fs = std::filesystem;
namespace {

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string version_text() {
  return fmt::format("souk-data {}\npostgresql {}\n", kDataFormat, kPostgresMajor);
}

// Written aside and moved into place: it is there whole or not at all.
Result<> write_version(const fs::path& folder) {
  const auto aside = folder / "VERSION.new";
  std::ofstream file(aside);
  file << version_text();
  file.close();
  std::error_code error;
  if (!file) return path_error(aside, errno);
  fs::rename(aside, folder / "VERSION", error);
  if (error) return path_error(aside, error.value());
  return {};
}

Result<> check_version(const fs::path& folder) {
  const std::string text = read_file(folder / "VERSION");
  if (text == version_text()) return {};
  int format = 0;
  int postgres = 0;
  if (std::sscanf(text.c_str(), "souk-data %d postgresql %d", &format, &postgres) != 2) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} cannot be understood. Choose another folder with --data DIR",
                            (folder / "VERSION").string()));
  }
  return fail(
      ErrorCode::kPreconditionFailed,
      fmt::format("{} was written in data format {} with PostgreSQL {}; this Souk reads format {} "
                  "with PostgreSQL {}. Start the Souk that wrote it, or choose another folder with "
                  "--data DIR",
                  folder.string(), format, postgres, kDataFormat, kPostgresMajor));
}

// Nothing is put into a folder that holds other things.
Result<> check_unmarked(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename();
    if (name == "lock" || name == "VERSION.new" || name == "lost+found") continue;
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} holds other files ({}) and is not a data folder of Souk. Choose an "
                            "empty or a new one with --data DIR",
                            folder.string(), name.string()));
  }
  if (error) return path_error(folder, error.value());
  return {};
}

Result<FileDescriptor> take_lock(const fs::path& folder) {
  const auto path = folder / "lock";
  FileDescriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return path_error(path, errno);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return path_error(path, errno);
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} is in use by another souk (process {}). Stop that one, or choose "
                            "another folder with --data DIR",
                            folder.string(), read_file(path)));
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock.get(), 0) != 0 || write(lock.get(), pid.data(), pid.size()) < 0) {
    return path_error(path, errno);
  }
  return lock;
}

Result<> check_space(const fs::path& folder) {
  std::error_code error;
  const auto space = fs::space(folder, error);
  if (error) return path_error(folder, error.value());
  if (space.available >= kFreeBytesMin) return {};
  return fail(
      ErrorCode::kUnavailable,
      fmt::format("the disk of {} is full: {} MiB are free and Souk starts with {} or more. "
                  "Free some, or choose another folder with --data DIR",
                  folder.string(), space.available >> 20, kFreeBytesMin >> 20));
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
  std::error_code error;
  const fs::path folder = fs::absolute(path, error).lexically_normal();
  const bool made = fs::create_directories(folder, error);
  if (error) return path_error(folder, error.value());
  if (made) fs::permissions(folder, fs::perms::owner_all, error);

  auto lock = take_lock(folder);
  if (!lock) return std::unexpected(std::move(lock.error()));
  const bool marked = fs::exists(folder / "VERSION", error);
  for (const auto check : {marked ? check_version : check_unmarked, check_space}) {
    if (auto good = check(folder); !good) return std::unexpected(std::move(good.error()));
  }
  if (!marked) {
    if (auto written = write_version(folder); !written) {
      return std::unexpected(std::move(written.error()));
    }
  }
  return DataFolder(folder, std::move(*lock));
}

fs::path DataFolder::log_for(std::string_view server) const {
  const auto path = path_ / fmt::format("{}.log", server);
  std::error_code error;
  if (fs::file_size(path, error) > kLogBytesMax && !error) {
    fs::rename(path, path_ / fmt::format("{}.log.old", server), error);
  }
  return path;
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
