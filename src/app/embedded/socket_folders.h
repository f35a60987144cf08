// Short paths to the servers' sockets. A unix socket's path has at most 107 bytes and stands in a
// URL, so a data folder that is deep or oddly named is reached through links in a private folder
// under XDG_RUNTIME_DIR or /tmp.
// Threading: plain value. Ownership: removes that private folder when it goes.
#pragma once

#include <filesystem>
#include <optional>

#include "app/embedded/data_folder.h"

namespace souk::app {

class SocketFolders {
 public:
  // Errors: kUnavailable where the private folder cannot be made, or somebody else's is in its
  // place.
  static Result<SocketFolders> make(const DataFolder& data);

  // The short path to PostgreSQL's socket of a Souk that runs over that data folder, good as long
  // as this process lives; where none does, empty or a path without a socket.
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
