// The shop of `souk up` as one file, and back: what `souk backup` and `souk restore` do, with
// pg_dump and pg_restore on the private server.
//
// Threading: blocks; call from a thread that has nothing else to do. Ownership: free functions.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "app/embedded/services.h"
#include "base/error.h"

namespace souk::app {

using Report = std::function<void(std::string_view)>;

struct BackupOptions {
  std::filesystem::path data;
  std::filesystem::path file;
  bool replace = false;  // a file that is there
};
// One consistent state of the shop, in pg_dump's custom format; beside a running `souk up`, or with
// a server started for it. The file has mode 0600 and is there whole or not at all.
// Errors: kPreconditionFailed where there is no shop, or the file is there already; kUnavailable.
Result<> back_up(const BackupOptions& options, const Report& report);

struct RestoreOptions {
  std::filesystem::path data;
  std::filesystem::path file;
  bool replace = false;          // a shop that is there
  bool accept_findings = false;  // of the audit
};
// Restores beside what is there, brings that to this Souk's schema, audits its books, and only then
// puts it in place, all at once. Whatever fails before leaves the shop as it was.
// Errors: kPreconditionFailed where a shop is there, the file is no backup or newer than this Souk,
// or the audit found something; kUnavailable, also where a Souk runs over the folder.
Result<> restore(const RestoreOptions& options, const Report& report);

}  // namespace souk::app
