#include "app/embedded/settle.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/embedded/data_folder.h"

namespace souk::app {
namespace fs = std::filesystem;
namespace {

// Root's where there is no such folder.
uid_t owner_of(const fs::path& folder) {
  struct stat info{};
  return stat(folder.c_str(), &info) == 0 ? info.st_uid : 0;
}

std::vector<Account> candidates(const fs::path& data) {
  std::vector<Account> found;
  if (const auto owner = owner_of(data); owner != 0) found.push_back(account_of(owner));
  if (auto souk = find_account("souk")) found.push_back(*std::move(souk));
  if (const auto owner = owner_of(data / "postgres"); owner != 0) {
    found.push_back(account_of(owner));
  }
  if (auto postgres = find_account("postgres")) found.push_back(*std::move(postgres));
  return found;
}

// A folder of root's is made ready and handed over while we are root; in one of another user's,
// root touches nothing.
Result<> hand_over(const fs::path& data, const Account& account) {
  if (owner_of(data) != 0) return {};
  const auto folder = DataFolder::open(data);
  if (!folder) return std::unexpected(folder.error());
  return folder->give_to({account.uid, account.gid});
}

}  // namespace

Result<SettledFolder> settle(const fs::path& data, const std::string& user) {
  SettledFolder settled{.path = data};
  std::vector<Account> chosen;
  if (geteuid() == 0) {
    chosen = candidates(data);
    if (!user.empty()) {
      auto account = find_account(user);
      if (!account) return std::unexpected(std::move(account.error()));
      chosen = {*std::move(account)};
    }
    if (!chosen.empty() && chosen.front().uid != 0) {
      if (auto done = hand_over(data, chosen.front()); !done) {
        return std::unexpected(std::move(done.error()));
      }
    }
    settled.held = FileDescriptor(open(data.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
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
