// Who keeps the data folder: a Souk that was started as root gives up root before it starts a
// server or reads what one wrote. Threading: the main thread, before there is another one.
#pragma once

#include <filesystem>
#include <string>

#include "app/embedded/file_descriptor.h"
#include "app/privileges.h"

namespace souk::app {

struct SettledFolder {
  Identity identity;
  // The data folder as this process reaches it: our user need not be able to walk to it.
  std::filesystem::path path;
  FileDescriptor held;
};

// As root: becomes `user`, or else the owner of the data folder, or of the one that it is still to
// be made in; where that is root's, souk, or the owner of its PostgreSQL, or postgres, whose it
// becomes with all that is in it. As anybody else: changes nothing. Errors: as give_up_root() and
// DataFolder::open().
Result<SettledFolder> settle(const std::filesystem::path& data, const std::string& user);

}  // namespace souk::app
