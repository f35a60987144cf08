#include "app/embedded/data_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
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

std::string user_name(uid_t user) {
  const passwd* entry = getpwuid(user);
  return entry == nullptr ? std::to_string(user) : entry->pw_name;
}

// Whoever else may write into the folder could put links in the place of our files, and whoever
// else owns a link to it could lead us elsewhere.
Result<> check_owner(const fs::path& folder) {
  struct stat link{};
  struct stat info{};
  if (lstat(folder.c_str(), &link) != 0 || stat(folder.c_str(), &info) != 0) {
    return path_error(folder, errno);
  }
  const auto refuse = [&folder](const std::string& why) {
    return fail(ErrorCode::kPreconditionFailed, fmt::format("{} {}", folder.string(), why));
  };
  const auto is_ours = [](uid_t user) { return user == 0 || user == geteuid(); };
  if (S_ISLNK(link.st_mode) && !is_ours(link.st_uid) && link.st_uid != info.st_uid) {
    return refuse(
        fmt::format("is a link of the user {}, who could lead it elsewhere. Name the folder "
                    "itself with --data DIR",
                    user_name(link.st_uid)));
  }
  if (!is_ours(info.st_uid) && geteuid() != 0) {
    return refuse(
        fmt::format("belongs to the user {}. Start Souk as that user, or choose another "
                    "folder with --data DIR",
                    user_name(info.st_uid)));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return refuse(
      fmt::format("can be written by other users. Forbid it (chmod go-w {}), or choose "
                  "another folder with --data DIR",
                  folder.string()));
}

Result<> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (error) return path_error(folder, error.value());
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return path_error(folder, errno);
}

// `folder` is consumed. Its entries first: with the folder itself, all is done.
Result<> give_tree(FileDescriptor folder, const fs::path& path, UserId user) {
  const int listed = dup(folder.get());  // closed with `entries`
  if (listed < 0) return path_error(path, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(listed), &closedir);
  if (!entries) return path_error(path, errno);
  while (const dirent* entry = readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat info{};
    if (fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return path_error(path / name, errno);
    }
    if (S_ISDIR(info.st_mode)) {
      FileDescriptor below(
          openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!below) return path_error(path / name, errno);
      if (auto given = give_tree(std::move(below), path / name, user); !given) return given;
      continue;
    }
    if (S_ISREG(info.st_mode) && info.st_nlink > 1) {
      return fail(
          ErrorCode::kPreconditionFailed,
          fmt::format("{} has a second name, which may be another program's: it is not given "
                      "to the user {}. Remove one of the two",
                      (path / name).string(), user_name(user.uid)));
    }
    if (fchownat(folder.get(), name.c_str(), user.uid, user.gid, AT_SYMLINK_NOFOLLOW) != 0) {
      return path_error(path / name, errno);
    }
  }
  if (fchown(folder.get(), user.uid, user.gid) != 0) return path_error(path, errno);
  return {};
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
  FileDescriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
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
  for (const auto step : {make_folder, check_owner}) {
    if (auto good = step(folder); !good) return std::unexpected(std::move(good.error()));
  }
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

Result<> DataFolder::give_to(UserId user) const {
  FileDescriptor folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return path_error(path_, errno);
  return give_tree(std::move(folder), path_, user);
}

fs::path DataFolder::log_for(std::string_view server) const {
  return path_ / fmt::format("{}.log", server);
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
