#include "app/embedded/settle.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/embedded/data_folder.h"

namespace souk::app {
namespace fs = std::filesystem;
namespace {

// Root if there is no such folder.
uid_t owner_of(const fs::path& folder) {
  struct stat info{};
  return stat(folder.c_str(), &info) == 0 ? info.st_uid : 0;
}

// The owner of the nearest existing parent folder; root if that user has no name, which PostgreSQL
// requires.
uid_t owner_of_place(fs::path folder) {
  struct stat info{};
  if (lstat(folder.c_str(), &info) == 0) return 0;
  while (lstat(folder.c_str(), &info) != 0 && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  const auto owner = owner_of(folder);
  return getpwuid(owner) == nullptr ? 0 : owner;
}

// Chosen by path, before any check: the opened folder is compared with the choice.
std::vector<Account> candidates(const fs::path& data) {
  std::vector<Account> found;
  if (const auto owner = owner_of(data); owner != 0) found.push_back(account_of(owner));
  if (const auto owner = owner_of_place(data); owner != 0) found.push_back(account_of(owner));
  if (auto souk = find_account("souk")) found.push_back(*std::move(souk));
  if (const auto owner = owner_of(data / "postgres"); owner != 0) {
    found.push_back(account_of(owner));
  }
  if (auto postgres = find_account("postgres")) found.push_back(*std::move(postgres));
  return found;
}

// Root prepares its own folder and changes its owner; root touches nothing in another user's
// folder. The folder is looked up once and held open.
Result<FileDescriptor> take_over(const fs::path& data, const Account& heir) {
  auto reached = reach_folder(data, heir.uid);
  if (!reached) return std::unexpected(std::move(reached.error()));
  FileDescriptor held(fcntl(reached->descriptor.get(), F_DUPFD_CLOEXEC, 0));
  if (reached->info.st_uid != 0 || heir.uid == 0) return held;
  const auto folder = DataFolder::open(*std::move(reached));
  if (!folder) return std::unexpected(folder.error());
  if (auto given = folder->give_to({heir.uid, heir.gid}); !given) {
    return std::unexpected(std::move(given.error()));
  }
  return held;
}

}  // namespace

Result<SettledFolder> settle(const fs::path& data, const std::string& user) {
  SettledFolder settled{.path = data};
  std::vector<Account> chosen;
  if (geteuid() == 0) {
    const auto folder = DataFolder::absolute(data);
    chosen = candidates(folder);
    if (!user.empty()) {
      auto account = find_account(user);
      if (!account) return std::unexpected(std::move(account.error()));
      chosen = {*std::move(account)};
    }
    auto held = take_over(folder, chosen.empty() ? account_of(0) : chosen.front());
    if (!held) return std::unexpected(std::move(held.error()));
    settled.held = *std::move(held);
  }
  auto identity = give_up_root(user, chosen);
  if (!identity) return std::unexpected(std::move(identity.error()));
  settled.identity = *std::move(identity);
  if (settled.held && faccessat(AT_FDCWD, fs::absolute(data).c_str(), X_OK, AT_EACCESS) != 0) {
    settled.path = fmt::format("/proc/self/fd/{}", settled.held.get());
  }
  return settled;
}

}  // namespace souk::app
