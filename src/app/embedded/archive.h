// `souk backup` and `souk restore`: the shop of `souk up` as one file, with pg_dump and pg_restore
// on the private server.
//
// Threading: blocks; not for an event loop. Ownership: free functions.
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
  bool replace = false;  // an existing file
};
// Writes one consistent state of the shop in pg_dump's custom format; from a running `souk up`, or
// with a server started for it. The file has mode 0600 and appears atomically. Errors:
// kPreconditionFailed when there is no shop, or the file exists; kUnavailable.
Result<> back_up(const BackupOptions& options, const Report& report);

struct RestoreOptions {
  std::filesystem::path data;
  std::filesystem::path file;
  bool replace = false;          // an existing shop
  bool accept_findings = false;  // despite findings of the audit
};
// Restores into a second database, migrates it to this Souk's schema, audits it, and only then
// replaces the shop atomically. A failure before that leaves the shop unchanged. Errors:
// kPreconditionFailed when a shop exists, the file is no backup or newer than this Souk, or the
// audit has findings; kUnavailable, also when a Souk uses the folder.
Result<> restore(const RestoreOptions& options, const Report& report);

}  // namespace souk::app
