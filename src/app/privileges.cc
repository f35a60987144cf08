#include "app/privileges.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>
#include <utility>

#include "app/conninfo.h"
#include "redis/url.h"

namespace souk::app {
namespace {

std::unexpected<Error> refused(std::string_view what, const Account& account) {
  return fail(ErrorCode::kUnavailable, fmt::format("cannot become the user {}: {}: {}",
                                                   account.name, what, std::strerror(errno)));
}

// For this thread. Changing the user drops the effective ones; this drops the rest.
bool drop_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
         syscall(SYS_capset, &header, none.data()) == 0;
}

// Capabilities that an executed program could gain.
bool forbid_gaining() {
  for (unsigned long number = 0;; ++number) {
    const int held = prctl(PR_CAPBSET_READ, number);
    if (held < 0) break;  // no more capabilities
    if (held == 1 && prctl(PR_CAPBSET_DROP, number) != 0 && errno != EPERM) return false;
  }
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool can_come_back(const Account& account) {
  std::array<uid_t, 3> users{};
  std::array<gid_t, 3> groups{};
  getresuid(&users[0], &users[1], &users[2]);
  getresgid(&groups[0], &groups[1], &groups[2]);
  return std::ranges::count(users, account.uid) != 3 ||
         std::ranges::count(groups, account.gid) != 3 || setresuid(0, 0, 0) == 0;
}

// Files named by a URL or by a variable of libpq.
void add_files_of_database(const std::string& conninfo, std::vector<FileOfServer>& files) {
  const Conninfo parameters(conninfo);
  const auto add = [&](std::string_view keyword, std::string path, int access) {
    if (!path.starts_with('/')) return;
    files.push_back({std::move(path), fmt::format("{} of database.url", keyword), access});
  };
  for (const auto* keyword :
       {"passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir"}) {
    add(keyword, parameters.value(keyword), R_OK);
  }
  add("host", parameters.value("host"), X_OK);
}

// A missing folder is created in its nearest existing parent.
std::filesystem::path first_that_is_there(std::filesystem::path folder) {
  while (access(folder.c_str(), F_OK) != 0 && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

}  // namespace

Result<Account> find_account(const std::string& name) {
  if (const passwd* entry = getpwnam(name.c_str())) {
    return Account{entry->pw_name, entry->pw_uid, entry->pw_gid, entry->pw_dir};
  }
  return fail(ErrorCode::kInvalidRequest,
              fmt::format("process.user: this system has no user {}", name));
}

Account account_of(uid_t user) {
  if (const passwd* entry = getpwuid(user)) {
    return {entry->pw_name, entry->pw_uid, entry->pw_gid, entry->pw_dir};
  }
  return {fmt::to_string(user), user, static_cast<gid_t>(user)};
}

Result<> become(const Account& account) {
  if (getuid() == account.uid && geteuid() == account.uid) return {};
  int parent_death_signal = 0;  // cleared by a change of user
  prctl(PR_GET_PDEATHSIG, &parent_death_signal);
  if (setgroups(0, nullptr) != 0) return refused("setgroups", account);
  if (setresgid(account.gid, account.gid, account.gid) != 0) return refused("setresgid", account);
  if (!forbid_gaining()) return refused("prctl", account);
  if (setresuid(account.uid, account.uid, account.uid) != 0) return refused("setresuid", account);
  if (!drop_capabilities()) return refused("capset", account);
  prctl(PR_SET_PDEATHSIG, parent_death_signal);
  setenv("HOME", account.home.c_str(), 1);  // libpq reads certificates and passwords there
  if (can_come_back(account)) {
    errno = EPERM;
    return refused("root could come back", account);
  }
  return {};
}

Result<Identity> give_up_root(const std::string& wanted, std::span<const Account> candidates) {
  std::optional<Account> account;
  if (!wanted.empty()) {
    auto found = find_account(wanted);
    if (!found) return std::unexpected(found.error());
    account = *std::move(found);
  }
  const auto ours = account_of(geteuid());
  if (geteuid() != 0) {
    if (!account || account->uid == ours.uid) return Identity{.user = ours.name};
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("only root can become the user {}; this is {}", wanted, ours.name));
  }
  std::string kept = wanted.empty() ? "this system has no user to become" : "it was asked for";
  if (!account && !candidates.empty()) account = candidates.front();
  if (account && account->uid != 0) {
    const auto done = become(*account);
    if (done) return Identity{.user = account->name};
    if (!wanted.empty()) return std::unexpected(done.error());
    kept = done.error().detail;
  }
  if (!forbid_gaining() || !drop_capabilities()) return refused("capset", ours);
  return Identity{.user = ours.name, .root_kept = kept};
}

void log_identity(const Identity& identity, telemetry::Log& log) {
  if (identity.root_kept.empty())
    return log.info("runs_as", {{"user", std::string_view(identity.user)}});
  log.warning("root_kept", {{"reason", std::string_view(identity.root_kept)}});
}

std::vector<FileOfServer> files_of_servers(const Settings& settings) {
  std::vector<FileOfServer> files;
  add_files_of_database(settings.database.conninfo, files);
  if (const auto url = redis::parse_url(settings.redis.url); url && !url->path.empty()) {
    files.push_back({url->path, "redis.url", W_OK});
  }
  // Missing files, e.g. the socket of a server that is not started yet, may be created later.
  std::erase_if(files, [](const auto& file) { return access(file.path.c_str(), F_OK) != 0; });
  for (const auto& setting : all_settings()) {
    if (setting.value.access == 0) continue;
    std::istringstream named(setting.value.text(settings));
    for (std::string name; std::getline(named, name, ',');) {
      auto path = std::filesystem::absolute(name);
      if (setting.value.access != R_OK) path = first_that_is_there(std::move(path));
      files.push_back({path.string(), setting.key(), setting.value.access});
    }
  }
  return files;
}

Result<> check_access(std::span<const FileOfServer> files, const Identity& identity) {
  for (const auto& [path, purpose, mode] : files) {
    if (faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0) continue;
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("Souk runs as the user {}, who may not use {} ({}): {}. Let that user, or "
                    "name another with --user",
                    identity.user, path, purpose, std::strerror(errno)));
  }
  return {};
}

}  // namespace souk::app
