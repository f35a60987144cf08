// Chooses the owner of the data folder: a Souk started as root gives up root before it starts a
// server or reads its files. Threading: the main thread, before any other thread exists.
#pragma once

#include <filesystem>
#include <string>

#include "app/embedded/file_descriptor.h"
#include "app/privileges.h"

namespace souk::app {

struct SettledFolder {
  Identity identity;
  // The data folder by descriptor: our user may be unable to traverse its path.
  std::filesystem::path path;
  FileDescriptor held;
};

// As root: becomes `user`, or else the owner of the data folder, or of the folder it will be
// created in; if that is root, then souk, or the owner of its PostgreSQL, or postgres, who becomes
// the owner of the folder and its content. As another user: changes nothing. Errors: as
// give_up_root() and DataFolder::open().
Result<SettledFolder> settle(const std::filesystem::path& data, const std::string& user);

}  // namespace souk::app
