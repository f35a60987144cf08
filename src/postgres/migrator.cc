#include "postgres/migrator.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "base/parse.h"
#include "postgres/blocking.h"
#include "postgres/migrator_script.h"
#include "postgres/server_check.h"

namespace souk::postgres {
namespace {

constexpr std::string_view kAdvisoryLock = "8317996139742587239";  // "souk mig" read as a number
constexpr auto kLockPollInterval = std::chrono::milliseconds(50);

struct AppliedMigration {
  std::string name;
  std::string checksum;
  std::string applied_at;
};

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::kPreconditionFailed, std::move(message));
}

// 3 for "0003_orders.sql"; nothing for a name of another form.
std::optional<std::size_t> number_of(std::string_view name) {
  constexpr std::size_t kDigits = 4;
  if (name.size() < sizeof("0001_x.sql") - 1 || name[kDigits] != '_' || !name.ends_with(".sql")) {
    return std::nullopt;
  }
  std::size_t number = 0;
  for (const char c : name.substr(0, kDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return number;
}

Result<> check_repeatable(const MigrationFile& file) {
  for (const auto& statement : split_statements(file.sql)) {
    const auto index = concurrent_index(statement.text);
    if (index.name.empty()) continue;
    if (!runs_outside_transaction(file.sql)) {
      return refuse(
          fmt::format("{}:{}: CREATE INDEX CONCURRENTLY cannot run in a transaction. Begin the "
                      "file with the line \"-- souk: no-transaction\".",
                      file.name, statement.line + 1));
    }
    if (!index.if_not_exists) {
      return refuse(
          fmt::format("{}:{}: CREATE INDEX CONCURRENTLY needs IF NOT EXISTS here, so that the file "
                      "can be run again after a crash.",
                      file.name, statement.line + 1));
    }
  }
  return {};
}

// The files must be numbered 1, 2, 3, ... in the order given.
Result<> check_files(std::span<const MigrationFile> files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& name = files[i].name;
    const auto number = number_of(name);
    if (!number) {
      return refuse(fmt::format(
          "\"{}\" is not the name of a migration: NNNN_what.sql, numbered from 0001.", name));
    }
    if (i > 0 && number_of(files[i - 1].name) == number) {
      return refuse(
          fmt::format("{} and {} have the same number. Give the newer one the next free number.",
                      files[i - 1].name, name));
    }
    if (*number != i + 1) {
      return refuse(fmt::format(
          "Migration {:04} is missing: found {} in its place. Restore the file or close the gap.",
          i + 1, name));
    }
    if (auto checked = check_repeatable(files[i]); !checked) return checked;
  }
  return {};
}

Result<std::vector<AppliedMigration>> read_applied(BlockingConnection& database) {
  auto exists = database.run("SELECT to_regclass('schema_migrations') IS NOT NULL");
  if (!exists) return std::unexpected(exists.error());
  std::vector<AppliedMigration> applied;
  if (exists->text(0, 0) == "f") return applied;
  auto rows = database.run(
      "SELECT name, checksum, to_char(applied_at, 'YYYY-MM-DD') FROM schema_migrations ORDER BY "
      "number");
  if (!rows) return std::unexpected(rows.error());
  for (int row = 0; row < rows->size(); ++row) {
    applied.push_back({std::string(rows->text(row, 0)), std::string(rows->text(row, 1)),
                       std::string(rows->text(row, 2))});
  }
  return applied;
}

Result<std::string> checksum_of(BlockingConnection& database, const MigrationFile& file) {
  auto rows = database.run("SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')", {file.sql});
  if (!rows) return std::unexpected(rows.error());
  return std::string(rows->text(0, 0));
}

// The files that are not applied yet. The applied ones must be an unchanged prefix of the files.
Result<std::span<const MigrationFile>> find_pending(BlockingConnection& database,
                                                    std::span<const MigrationFile> files) {
  auto applied = read_applied(database);
  if (!applied) return std::unexpected(applied.error());
  for (std::size_t i = 0; i < applied->size(); ++i) {
    const auto& record = (*applied)[i];
    if (i >= files.size()) {
      return refuse(fmt::format(
          "The database is newer than this program: it has {} (applied {}), this program knows {} "
          "migrations. Start the newer souk, or restore a backup from before.",
          record.name, record.applied_at, files.size()));
    }
    if (record.name != files[i].name) {
      return refuse(
          fmt::format("The database has {} (applied {}) where this program has {}. A migration "
                      "that was applied keeps its name and number: rename the file back, or give "
                      "the new one the next free number.",
                      record.name, record.applied_at, files[i].name));
    }
    auto checksum = checksum_of(database, files[i]);
    if (!checksum) return std::unexpected(checksum.error());
    if (*checksum != record.checksum) {
      return refuse(
          fmt::format("{} was edited after it was applied on {}. Restore the file as it was and "
                      "put the change into a new migration.",
                      record.name, record.applied_at));
    }
  }
  return files.subspan(applied->size());
}

// Polls: a session that waits inside pg_advisory_lock() holds a snapshot, for which a CREATE INDEX
// CONCURRENTLY of the lock's holder would wait for ever.
Result<> take_lock(BlockingConnection& database, const MigrateOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + options.lock_wait_max;
  for (bool waiting = false;; waiting = true) {
    auto locked = database.run(fmt::format("SELECT pg_try_advisory_lock({})", kAdvisoryLock));
    if (!locked) return std::unexpected(locked.error());
    if (locked->text(0, 0) == "t") return {};
    if (std::chrono::steady_clock::now() >= deadline) {
      return fail(
          ErrorCode::kUnavailable,
          fmt::format("Another migration has been running for more than {}. Wait for it to finish "
                      "and start again; pg_stat_activity shows it as \"souk migrate\".",
                      format_duration(options.lock_wait_max)));
    }
    if (!waiting) options.report("waiting for another migration to finish");
    std::this_thread::sleep_for(kLockPollInterval);
  }
}

constexpr auto kCreateHistory =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " number integer PRIMARY KEY, name text NOT NULL UNIQUE, checksum text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), duration interval NOT NULL)";

class Migrator {
 public:
  Migrator(BlockingConnection& database, const MigrateOptions& options)
      : database_(database), options_(options) {}

  Result<> apply(std::span<const MigrationFile> files) {
    auto applied = database_.execute(kCreateHistory);
    for (auto file = files.begin(); applied && file != files.end(); ++file) applied = apply(*file);
    return applied;
  }

 private:
  Result<> apply(const MigrationFile& file) {
    started_ = std::chrono::steady_clock::now();
    options_.report(fmt::format("applying {}", file.name));
    auto applied =
        runs_outside_transaction(file.sql) ? apply_by_statement(file) : apply_as_one(file);
    if (!applied) applied.error().detail.insert(0, file.name + ": ");
    return applied;
  }

  Result<> apply_as_one(const MigrationFile& file) {
    auto done = database_.execute("BEGIN");
    if (done) done = database_.execute(file.sql);
    if (done && !database_.in_transaction()) {
      return fail(ErrorCode::kInternal,
                  "the file ends its own transaction; leave BEGIN and COMMIT to the migrator");
    }
    if (done) done = record(file);
    if (done) done = database_.execute("COMMIT");
    return done;
  }

  Result<> apply_by_statement(const MigrationFile& file) {
    for (const auto& statement : split_statements(file.sql)) {
      if (auto dropped = drop_invalid(concurrent_index(statement.text).name); !dropped)
        return dropped;
      // Empty lines make the server's "LINE n" count from the top of the file.
      auto done = database_.execute(std::string(statement.line, '\n').append(statement.text));
      if (!done) return done;
    }
    return record(file);
  }

  // An aborted CREATE INDEX CONCURRENTLY leaves an index that is maintained and never used.
  Result<> drop_invalid(std::string_view name) {
    if (name.empty()) return {};
    auto invalid = database_.run(
        "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid",
        {std::string(name)});
    if (!invalid) return std::unexpected(invalid.error());
    if (invalid->size() == 0) return {};
    options_.report(fmt::format("dropping {}, left unfinished by an interrupted run", name));
    return database_.execute(fmt::format("DROP INDEX CONCURRENTLY {}", name));
  }

  Result<> record(const MigrationFile& file) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
    return database_.execute(
        "INSERT INTO schema_migrations (number, name, checksum, duration)"
        " VALUES ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'), make_interval(secs => "
        "$4))",
        {fmt::to_string(*number_of(file.name)), file.name, file.sql, fmt::to_string(took.count())});
  }

  BlockingConnection& database_;
  const MigrateOptions& options_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace

Result<std::vector<MigrationFile>> read_migrations(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<MigrationFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".sql") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in)
      return fail(ErrorCode::kInvalidRequest, fmt::format("cannot read {}", entry.path().string()));
    files.push_back({entry.path().filename().string(), std::move(text)});
  }
  if (error) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("cannot read the folder {}: {}", folder.string(), error.message()));
  }
  std::ranges::sort(files, {}, &MigrationFile::name);
  return files;
}

Result<std::vector<std::string>> migrate(const std::string& conninfo,
                                         std::span<const MigrationFile> files,
                                         const MigrateOptions& options) {
  if (auto checked = check_files(files); !checked) return std::unexpected(checked.error());
  if (auto checked = check_server(conninfo); !checked) return std::unexpected(checked.error());
  auto database = BlockingConnection::open(conninfo, "souk migrate");
  if (!database) return std::unexpected(database.error());
  if (!options.dry_run) {
    if (auto locked = take_lock(*database, options); !locked)
      return std::unexpected(locked.error());
  }

  auto pending = find_pending(*database, files);
  if (!pending) return std::unexpected(pending.error());
  if (!options.dry_run && !pending->empty()) {
    auto applied = Migrator(*database, options).apply(*pending);
    if (!applied) return std::unexpected(applied.error());
  }
  std::vector<std::string> names;
  for (const auto& file : *pending) names.push_back(file.name);
  return names;
}

Result<> check_schema(BlockingConnection& database, std::span<const MigrationFile> files) {
  const auto pending = find_pending(database, files);
  if (!pending) return std::unexpected(pending.error());
  if (pending->empty()) return {};
  if (pending->size() == files.size()) {
    return refuse("The database has no tables of Souk yet. Run `souk migrate` first.");
  }
  return refuse(
      fmt::format("The database is older than this program: {} of {} migrations are missing, from "
                  "{} on. Run `souk migrate` first.",
                  pending->size(), files.size(), pending->front().name));
}

}  // namespace souk::postgres
