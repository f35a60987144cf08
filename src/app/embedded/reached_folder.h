// A folder, and whether somebody else could have led us to it: root must not be shown another one.
// Each name on the way is looked up in a folder that is held open, and each link is read by us, so
// that what was checked is what is used.
// Threading: plain value. Ownership: holds the folder open.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

#include "app/embedded/file_descriptor.h"
#include "base/error.h"

namespace souk::app {

struct ReachedFolder {
  FileDescriptor descriptor = {};   // O_PATH
  std::filesystem::path path = {};  // as it was given
  struct stat info = {};
};

// Makes the folder, mode 0700, and those above it, where they are missing. `path` is absolute.
// `heir` is who gets the folder from root, and is trusted as its owner is: with the folders above
// it, but not with links to what is root's. Without an heir root takes a folder of anybody's.
// Errors, each saying what to do: kPreconditionFailed where the folder is another user's, or one
// but root, us, its owner and its heir can write it or a folder above it (sticky ones excepted), or
// leads to it by a link; kUnavailable.
Result<ReachedFolder> reach_folder(const std::filesystem::path& path, std::optional<uid_t> heir);

std::string user_name(uid_t user);

}  // namespace souk::app
