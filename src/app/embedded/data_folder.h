// The folder in which `souk up` keeps everything: created on first use, marked with the format of
// its content, and locked by one Souk at a time.
//
//   VERSION       format of this folder and major version of PostgreSQL
//   lock          held while a Souk uses the folder; names its process
//   postgres/     PostgreSQL's cluster and its socket        postgres.log, .old
//   redis/        Redis' working folder and its socket       redis.log, .old
//
// Threading: plain value. Ownership: holds the lock until it is destroyed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/embedded/file_descriptor.h"
#include "app/embedded/process.h"
#include "app/embedded/reached_folder.h"
#include "base/error.h"

namespace souk::app {

inline constexpr int kDataFormat = 1;
inline constexpr int kPostgresMajor = 15;
inline constexpr std::uintmax_t kFreeBytesMin = std::uintmax_t{200} << 20;

class DataFolder {
 public:
  // Errors, each with a remedy: as reach_folder(); kPreconditionFailed when the folder has other
  // content or another version; kUnavailable when another Souk uses it, it is not writable, or its
  // disk has less than kFreeBytesMin free.
  static Result<DataFolder> open(const std::filesystem::path& path);
  static Result<DataFolder> open(ReachedFolder folder);
  static std::filesystem::path absolute(const std::filesystem::path& path);

  // Absolute.
  const std::filesystem::path& path() const { return folder_.path; }
  std::filesystem::path postgres() const { return path() / "postgres"; }
  std::filesystem::path redis() const { return path() / "redis"; }
  const FileDescriptor& descriptor() const { return folder_.descriptor; }

  // Changes the owner of the folder and its content to `user`; links are not followed. REQUIRES:
  // root. Errors: kPreconditionFailed when a file in it has a hard link elsewhere, kUnavailable.
  Result<> give_to(UserId user) const;

  // The file of a server's output.
  std::filesystem::path log_for(std::string_view server) const;

 private:
  DataFolder(ReachedFolder folder, FileDescriptor lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  ReachedFolder folder_;
  FileDescriptor lock_;
};

// The user that a server runs as: the current one or, since PostgreSQL refuses to run as root, the
// owner of the folder it already has, or else the system's user of that name. Errors: kUnavailable
// when we are root and there is no such user.
Result<UserId> server_user(const std::filesystem::path& folder, const std::string& name);

// Creates the folder, with mode 0700 and that owner, if it is missing.
// Errors: kUnavailable.
Result<> make_private_folder(const std::filesystem::path& folder, UserId owner);

// The system's reason of a failed call on a path, with advice for a full disk.
std::unexpected<Error> path_error(const std::filesystem::path& path, int reason);

}  // namespace souk::app
