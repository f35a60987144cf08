// Opens a folder safely: another user must not be able to redirect root to another folder. Each
// path component is looked up in a folder that is held open, and each link is resolved here, so
// that the checked folder is the one used.
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
  std::filesystem::path path = {};  // as given
  struct stat info = {};
};

// Creates the folder (mode 0700) and its parents if missing. `path` is absolute. `heir` is the user
// who will own the folder instead of root; it is trusted like the owner: with the parent folders,
// but not with links to root's files. Without an heir, root accepts any user's folder. Errors, each
// with a remedy: kPreconditionFailed when the folder is another user's, or a user other than root,
// us, its owner and its heir can write to it or to a parent folder (except sticky ones), or leads
// to it by a link; kUnavailable.
Result<ReachedFolder> reach_folder(const std::filesystem::path& path, std::optional<uid_t> heir);

std::string user_name(uid_t user);

}  // namespace souk::app
