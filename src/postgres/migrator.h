// Migrates a database to the schema this binary was built for: numbered SQL files, each run once,
// in order, and recorded with its checksum in the table schema_migrations.
//
// Threading: blocks; not for an event loop. Several migrators may start at once: one works, the
// others wait and find nothing left to do.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "postgres/blocking.h"

namespace souk::postgres {

// "0003_orders.sql" and its text. An ordinary file runs in one transaction together with its
// record. A file whose first line is "-- souk: no-transaction" runs statement by statement, each of
// which must be repeatable: after an aborted run, the next one drops invalid indexes left behind
// and restarts the file.
struct MigrationFile {
  std::string name;
  std::string sql;
};

// The files of the source tree's migrations/ at build time, in order.
std::span<const MigrationFile> embedded_migrations();

// The *.sql files of a folder, in order. Errors: kInvalidRequest when it cannot be read.
Result<std::vector<MigrationFile>> read_migrations(const std::filesystem::path& folder);

struct MigrateOptions {
  bool dry_run = false;  // only reports what would run
  std::chrono::milliseconds lock_wait_max = std::chrono::minutes(5);
  std::function<void(std::string_view)> report = [](std::string_view) {};  // a line of progress
};

// Returns the names of the files that ran or, on a dry run, would run; empty when the database is
// up to date. `conninfo` is a URL or a keyword string. Errors: kPreconditionFailed when files and
// database contradict each other (a file was edited, renamed or is missing, numbers collide or have
// gaps, the database is newer), or the server does not meet the requirements (server_check.h):
// nothing ran, the message has a remedy. kInternal when a statement failed, naming file and line:
// earlier files stay applied. kUnavailable when the server or the lock is not available.
Result<std::vector<std::string>> migrate(const std::string& conninfo,
                                         std::span<const MigrationFile> files,
                                         const MigrateOptions& options = {});

// Checks that the database has exactly these migrations. Errors: kPreconditionFailed with a remedy;
// kInternal and kUnavailable as BlockingConnection.
Result<> check_schema(BlockingConnection& database, std::span<const MigrationFile> files);

}  // namespace souk::postgres
