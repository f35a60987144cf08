// Short paths to the servers' sockets. A unix socket's path has at most 107 bytes and is part of a
// URL, so a data folder with a long or unusual path is reached through links in a private folder
// under XDG_RUNTIME_DIR or /tmp.
// Threading: plain value. Ownership: removes that private folder in its destructor.
#pragma once

#include <filesystem>
#include <optional>

#include "app/embedded/data_folder.h"

namespace souk::app {

class SocketFolders {
 public:
  // Errors: kUnavailable when the private folder cannot be created, or another user's is in its
  // place.
  static Result<SocketFolders> make(const DataFolder& data);

  // The short path to PostgreSQL's socket of a Souk that runs with that data folder, valid while
  // this process lives; without one, empty or a path without a socket.
  static std::filesystem::path find_postgres(const std::filesystem::path& data);

  SocketFolders(SocketFolders&& other) noexcept;
  SocketFolders& operator=(SocketFolders&&) = delete;
  ~SocketFolders();

  std::filesystem::path postgres() const { return base_ / "postgres"; }
  std::filesystem::path redis() const { return base_ / "redis"; }

 private:
  SocketFolders(std::filesystem::path base, bool owned) : base_(std::move(base)), owned_(owned) {}

  std::filesystem::path base_;
  bool owned_;  // a folder of links, not the data folder itself
};

}  // namespace souk::app
