#include "app/embedded/archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <fstream>
#include <sstream>

#include "loadtest/audit.h"
#include "postgres/blocking.h"
#include "postgres/migrator.h"

namespace souk::app {
namespace fs = std::filesystem;
namespace {

using postgres::BlockingConnection;

constexpr std::string_view kMagic = "PGDMP";  // of pg_dump's custom format
constexpr std::string_view kAside = "souk_restored";
constexpr std::string_view kBefore = "souk_before_restore";
constexpr std::chrono::hours kLongestRun{24};
constexpr std::string_view kMakeExtension = R"(
  DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') THEN
      CREATE EXTENSION pg_stat_statements;
    END IF;
  END $$)";

std::unexpected<Error> refuse(std::string detail) {
  return fail(ErrorCode::kPreconditionFailed, std::move(detail));
}

// A program's last message, on one line, without parts that quote a row.
std::string complaint(int output) {
  constexpr std::size_t kBytesMax = 4096;
  constexpr std::size_t kLinesMax = 4;
  const auto size = static_cast<std::size_t>(std::max<off_t>(0, lseek(output, 0, SEEK_END)));
  std::string text(std::min(size, kBytesMax), '\0');
  const auto from = static_cast<off_t>(size - text.size());
  text.resize(static_cast<std::size_t>(
      std::max<ssize_t>(0, pread(output, text.data(), text.size(), from))));
  std::deque<std::string> lines;
  std::istringstream said(text);
  for (std::string line; std::getline(said, line);) {
    if (line.starts_with("pg_") && !line.contains("warning:")) lines.push_back(line);
    if (lines.size() > kLinesMax) lines.pop_front();
  }
  return fmt::to_string(fmt::join(lines, " | "));
}

// Runs one of PostgreSQL's programs to its end. Its output may quote rows, so it is not logged to a
// file.
Result<> run(std::vector<std::string> arguments, const fs::path& data) {
  const FileDescriptor output(memfd_create("output", MFD_CLOEXEC));
  if (!output) return path_error("output", errno);
  arguments[0] = PostgresOptions().binaries / arguments[0];
  auto process = Process::start({.arguments = arguments,
                                 .user = current_user(),
                                 .folder = data,
                                 .log = {},
                                 .parent_death_signal = SIGTERM,
                                 .output = output.get()});
  if (!process) return std::unexpected(std::move(process.error()));
  if (process->ended_within(kLongestRun) && process->succeeded()) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("{} failed: {}", arguments[0], complaint(output.get())));
}

// ---- backing up

// `aside` is synced and renamed to `file`, which therefore is always complete.
Result<> put_in_place(const fs::path& aside, const fs::path& file) {
  const FileDescriptor written(open(aside.c_str(), O_RDONLY | O_CLOEXEC));
  if (!written || fsync(written.get()) != 0) return path_error(aside, errno);
  if (rename(aside.c_str(), file.c_str()) != 0) return path_error(file, errno);
  const FileDescriptor folder(open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) return path_error(file.parent_path(), errno);
  return {};
}

Result<> dump(const std::string& url, const fs::path& data, const fs::path& file) {
  fs::path aside = file;
  aside += fmt::format(".{}.new", getpid());  // concurrent backups use different files
  std::error_code ignored;
  fs::remove(aside, ignored);
  if (!FileDescriptor(open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600))) {
    return path_error(aside, errno);
  }
  // Unlogged tables refer to this server's transactions only.
  auto done = run({"pg_dump", "--format=custom", "--no-unlogged-table-data", "--no-owner",
                   "--no-privileges", "--file=" + aside.string(), "--dbname=" + url},
                  data);
  if (done) done = put_in_place(aside, file);
  if (!done) fs::remove(aside, ignored);
  return done;
}

// ---- restoring

Result<> check_archive(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, kMagic.size()> begin{};
  in.read(begin.data(), begin.size());
  if (!in) return refuse(fmt::format("{} cannot be read", file.string()));
  if (std::string_view(begin.data(), begin.size()) == kMagic) return {};
  return refuse(fmt::format("{} is not a backup that `souk backup` made", file.string()));
}

Result<bool> holds_a_shop(const std::string& url) {
  auto database = BlockingConnection::open(url, "souk restore");
  if (!database) return std::unexpected(std::move(database.error()));
  auto rows = database->run("SELECT to_regclass('schema_migrations') IS NOT NULL");
  if (!rows) return std::unexpected(std::move(rows.error()));
  return rows->text(0, 0) == "t";
}

Result<> run_each(const std::string& url, const std::vector<std::string>& statements) {
  auto server = BlockingConnection::open(url, "souk restore");
  if (!server) return std::unexpected(std::move(server.error()));
  for (const auto& sql : statements) {
    if (auto done = server->execute(sql); !done) return done;
  }
  return {};
}

Result<> audit(const std::string& url, bool accept_findings, const Report& report) {
  const auto audited = loadtest::audit(url, std::nullopt, {});
  if (!audited) return std::unexpected(audited.error());
  for (const auto& finding : audited->findings) {
    report(fmt::format("{}: {} {}", finding.code, finding.count, finding.meaning));
  }
  if (audited->clean() || accept_findings) return {};
  return refuse(
      "the books of the restored shop do not add up, so nothing was replaced. Restore an earlier "
      "backup, or this one with --accept-findings");
}

// Restores into a separate database.
Result<> restore_aside(const EmbeddedServices& services, const RestoreOptions& options,
                       const Report& report) {
  const auto server = services.superuser_url("postgres");
  const auto aside = services.superuser_url(kAside);
  report(fmt::format("restoring {}", options.file.string()));
  auto done = run_each(server, {fmt::format("DROP DATABASE IF EXISTS {}", kAside),
                                fmt::format("CREATE DATABASE {} OWNER souk", kAside)});
  // As the superuser, for the extension; the objects belong to souk.
  if (done) {
    done = run_each(aside, {std::string(kMakeExtension)});
  }
  if (done) {
    done = run({"pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments",
                "--role=souk", "--dbname=" + aside, fs::absolute(options.file).string()},
               options.data);
  }
  if (!done) return done;
  const auto url = services.database_url_of(kAside);
  const auto migrated = postgres::migrate(url, postgres::embedded_migrations(), {.report = report});
  if (!migrated) return std::unexpected(migrated.error());
  report("auditing the restored books");
  return audit(url, options.accept_findings, report);
}

// Both renames are one transaction: there is always exactly one shop.
Result<> exchange(const EmbeddedServices& services) {
  return run_each(services.superuser_url("postgres"),
                  {fmt::format("DROP DATABASE IF EXISTS {}", kBefore), "BEGIN",
                   fmt::format("ALTER DATABASE souk RENAME TO {}", kBefore),
                   fmt::format("ALTER DATABASE {} RENAME TO souk", kAside), "COMMIT"});
}

// Removes the previous shop; the restore has succeeded even if this fails.
void clean_up(const EmbeddedServices& services, const fs::path& data, const Report& report) {
  std::error_code ignored;  // `souk up` writes new tokens
  for (const auto* const name : {"admin-token.txt", "loadtest-tokens.txt"}) {
    fs::remove(data / name, ignored);
  }
  const auto dropped = run_each(services.superuser_url("postgres"),
                                {fmt::format("DROP DATABASE IF EXISTS {}", kBefore)});
  if (dropped) return;
  report(fmt::format("the shop that was is left behind as {}, which the next restore drops: {}",
                     kBefore, dropped.error().detail));
}

}  // namespace

Result<> back_up(const BackupOptions& options, const Report& report) {
  const auto file = fs::absolute(options.file).lexically_normal();
  const auto data = fs::absolute(options.data).lexically_normal();
  if (!fs::exists(data / "postgres")) {
    return refuse(
        fmt::format("{} is not a data folder of `souk up`; name it by --data DIR", data.string()));
  }
  if (fs::exists(file) && !options.replace) {
    return refuse(fmt::format("{} is there already; --replace replaces it", file.string()));
  }
  std::optional<EmbeddedServices> services;
  auto url = running_database_url(data);
  if (url.empty()) {
    auto started = EmbeddedServices::start({.data = data}, report);
    if (!started) return std::unexpected(std::move(started.error()));
    services.emplace(std::move(*started));
    url = services->database_url();
  }
  report(fmt::format("writing {}", file.string()));
  return dump(url, data, file);
}

Result<> restore(const RestoreOptions& options, const Report& report) {
  if (auto checked = check_archive(options.file); !checked) return checked;
  const auto data = fs::absolute(options.data).lexically_normal();
  auto services = EmbeddedServices::start({.data = data}, report);
  if (!services) return std::unexpected(std::move(services.error()));
  const auto shop = holds_a_shop(services->database_url());
  if (!shop) return std::unexpected(shop.error());
  if (*shop && !options.replace) {
    return refuse(
        fmt::format("{} holds a shop already. --replace replaces it; `souk backup` keeps "
                    "it first",
                    data.string()));
  }
  auto done = restore_aside(*services,
                            {.data = data,
                             .file = options.file,
                             .replace = options.replace,
                             .accept_findings = options.accept_findings},
                            report);
  if (done) done = exchange(*services);
  if (!done) {
    const auto dropped = run_each(services->superuser_url("postgres"),
                                  {fmt::format("DROP DATABASE IF EXISTS {}", kAside)});
    if (!dropped) report(fmt::format("{} is left behind; the next restore drops it", kAside));
    return done;
  }
  clean_up(*services, data, report);
  return {};
}

}  // namespace souk::app
