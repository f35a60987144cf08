// Giving up root. `serve` and `up` that were started as root bind their sockets, become another
// user and keep no capability, before they read a byte that a client or the database sent.
// Threading: the main thread, before there is another one: capabilities belong to a thread.
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

Result<Account> find_account(const std::string& name);  // kInvalidRequest where there is none
Account account_of(uid_t user);                         // named by its number where it has no name

// Who we are from here on.
struct Identity {
  std::string user;
  std::string root_kept = {};  // why we are root still; empty where we are not
};

// Becomes `account` for good, HOME included: no supplementary groups, no way back, no capability,
// none to be gained by executing a program. Nothing where we are that user already. Errors:
// kUnavailable where the system refuses.
Result<> become(const Account& account);

// become() for whoever process.user names, "" being the first of `candidates` that there is. Where
// root is asked for, or nobody else was and the system refuses, root is kept without capabilities.
// Errors: kInvalidRequest where `wanted` is nobody, or another user and we are not root.
Result<Identity> give_up_root(const std::string& wanted, std::span<const Account> candidates);

void log_identity(const Identity& identity, telemetry::Log& log);

// What will be opened again and again, whenever a connection is made: sockets, certificates, keys,
// password files. To be asked before, and checked after, root was given up.
struct FileOfServer {
  std::string path;
  std::string purpose;  // "sslrootcert of database.url"
  int mode = 0;         // as access(2) takes it
};
std::vector<FileOfServer> files_of_servers(const Settings& settings);
// Errors: kPreconditionFailed naming the first that this process may not use.
Result<> check_access(std::span<const FileOfServer> files, const Identity& identity);

}  // namespace souk::app
