// Giving up root. When started as root, `serve` and `up` bind their sockets, change to another user
// and drop all capabilities, before they read any data from a client or the database.
// Threading: the main thread, before any other exists: capabilities are per thread.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/error.h"
#include "telemetry/log.h"

namespace souk::app {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home = "/";
};

Result<Account> find_account(const std::string& name);  // kInvalidRequest if there is none
Account account_of(uid_t user);                         // the number as name if it has none

// The identity of this process from then on.
struct Identity {
  std::string user;
  std::string root_kept = {};  // why it is still root; empty if it is not
};

// Becomes `account` irrevocably, HOME included: no supplementary groups, no capability, none to be
// gained by executing a program. Does nothing for the current user. Errors: kUnavailable when the
// system refuses.
Result<> become(const Account& account);

// become() for the user `wanted` (process.user), or for "" the first of `candidates` that exists.
// If root is requested, or no user was and the system refuses, root is kept without capabilities.
// Errors: kInvalidRequest when `wanted` does not exist, or is another user and we are not root.
Result<Identity> give_up_root(const std::string& wanted, std::span<const Account> candidates);

void log_identity(const Identity& identity, telemetry::Log& log);

// Files opened for each new connection: sockets, certificates, keys, password files. List them
// before giving up root, check them afterwards.
struct FileOfServer {
  std::string path;
  std::string purpose;  // "sslrootcert of database.url"
  int mode = 0;         // as access(2) takes it
};
std::vector<FileOfServer> files_of_servers(const Settings& settings);
// Errors: kPreconditionFailed naming the first that this process cannot use.
Result<> check_access(std::span<const FileOfServer> files, const Identity& identity);

}  // namespace souk::app
