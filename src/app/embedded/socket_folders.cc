#include "app/embedded/socket_folders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

namespace souk::app {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLongestSocket = "/postgres/.s.PGSQL.5432.lock";
constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kPlainCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

bool usable_as_it_is(const std::string& path) {
  return path.size() + kLongestSocket.size() <= kSocketPathMax &&
         path.find_first_not_of(kPlainCharacters) == std::string::npos;
}

// Possible places of the private folder. One name per data folder: leftovers of a killed run are
// reused.
std::vector<fs::path> candidates(const fs::path& data) {
  struct stat info{};
  if (stat(data.c_str(), &info) != 0) return {};
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const auto name = fmt::format("souk-{:x}-{:x}", info.st_dev, info.st_ino);
  std::vector<fs::path> found;
  for (const fs::path parent : {runtime == nullptr ? "" : runtime, "/tmp"}) {
    if (parent.is_absolute() && usable_as_it_is(parent / name)) found.push_back(parent / name);
  }
  return found;
}

bool is_private(const fs::path& folder) {
  struct stat info{};
  return lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
         (info.st_mode & 0077) == 0;
}

Result<fs::path> make_links_folder(const fs::path& data) {
  for (auto& folder : candidates(data)) {
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) continue;
    if (is_private(folder)) return std::move(folder);
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} is not a private folder of this user. Remove it, or choose a "
                            "data folder with a shorter path with --data DIR",
                            folder.string()));
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("the path {} is too long for a unix socket, and no private folder can be "
                          "made in /tmp. Choose a shorter path with --data DIR",
                          data.string()));
}

}  // namespace

Result<SocketFolders> SocketFolders::make(const DataFolder& data) {
  if (usable_as_it_is(data.path())) return SocketFolders(data.path(), false);
  auto base = make_links_folder(data.path());
  if (!base) return std::unexpected(std::move(base.error()));
  SocketFolders made(*base, true);
  for (const auto& [link, target] :
       {std::pair(made.postgres(), data.postgres()), std::pair(made.redis(), data.redis())}) {
    std::error_code error;
    fs::remove(link, error);
    fs::create_directory_symlink(target, link, error);
    if (error) return path_error(link, error.value());
  }
  return made;
}

fs::path SocketFolders::find_postgres(const fs::path& data) {
  std::error_code error;
  const fs::path folder = fs::absolute(data, error).lexically_normal();
  const auto postgres = folder / "postgres";
  if (usable_as_it_is(folder)) return postgres;
  const int held = open(postgres.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return held < 0 ? fs::path() : fs::path(fmt::format("/proc/{}/fd/{}", getpid(), held));
}

SocketFolders::SocketFolders(SocketFolders&& other) noexcept
    : base_(std::move(other.base_)), owned_(std::exchange(other.owned_, false)) {}

SocketFolders::~SocketFolders() {
  if (!owned_) return;
  std::error_code error;
  for (const auto& path : {postgres(), redis(), base_}) fs::remove(path, error);
}

}  // namespace souk::app
