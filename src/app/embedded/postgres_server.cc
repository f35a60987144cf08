#include "app/embedded/postgres_server.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <csignal>
#include <fstream>

#include "app/embedded/server_log.h"
#include "postgres/blocking.h"

namespace souk::app {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr auto kInitWaitMax = 120s;
// Fast: clients are disconnected and a checkpoint is written. Immediate: recovery runs at the next
// start.
constexpr StopStep kStopSteps[] = {{SIGINT, 30s}, {SIGQUIT, 10s}};

// The cluster's folder by descriptor: the server's user may be unable to traverse its path.
const std::string kFolder = fmt::format("/proc/self/fd/{}", kFolderDescriptor);

std::uint64_t memory_bytes() {
  struct sysinfo info{};
  sysinfo(&info);
  const std::uint64_t machine = std::uint64_t{info.totalram} * info.mem_unit;
  std::uint64_t group = machine;  // a container's limit; "max": none
  std::ifstream("/sys/fs/cgroup/memory.max") >> group;
  return group == 0 ? machine : std::min(machine, group);
}

std::uint64_t default_shared_buffers() {
  return std::clamp(memory_bytes() / 8, std::uint64_t{128} << 20, std::uint64_t{4} << 30);
}

bool has_statement_statistics(const PostgresOptions& options) {
  return fs::exists(options.binaries.parent_path() / "lib" / "pg_stat_statements.so");
}

std::vector<std::string> settings(const PostgresOptions& options) {
  const auto buffers =
      options.shared_buffers != 0 ? options.shared_buffers : default_shared_buffers();
  std::vector<std::string> lines = {
      "listen_addresses=",
      "unix_socket_directories=.",
      "unix_socket_permissions=0700",
      fmt::format("max_connections={}", options.max_connections),
      fmt::format("shared_buffers={}kB", buffers >> 10),
      fmt::format("effective_cache_size={}kB", memory_bytes() >> 11),
      "huge_pages=try",
      "work_mem=16MB",
      "maintenance_work_mem=256MB",
      "fsync=on",
      "synchronous_commit=on",
      "wal_compression=lz4",
      "max_wal_size=2GB",
      "min_wal_size=1GB",  // creating WAL segments under load blocks commits
      "checkpoint_timeout=15min",
      "random_page_cost=1.1",
      "effective_io_concurrency=200",
      "jit=off",
      "timezone=UTC",
      "log_timezone=UTC",
      "log_line_prefix=%m [%p] %a: ",
      "log_checkpoints=off",
      // Statements, their parameters and error details contain customers' data. The log has more
      // readers than the database: it gets none of them.
      "log_statement=none",
      "log_min_duration_statement=-1",
      "log_min_duration_sample=-1",
      "log_min_error_statement=panic",
      "log_parameter_max_length=0",
      "log_parameter_max_length_on_error=0",
      "log_error_verbosity=terse",
  };
  if (has_statement_statistics(options)) {
    lines.emplace_back("shared_preload_libraries=pg_stat_statements");
  }
  return lines;
}

// Created under another name and renamed, so that a cluster is always complete.
Result<> make_cluster(const fs::path& folder, UserId user, const fs::path& binaries,
                      const fs::path& log) {
  fs::path aside = folder;
  aside += ".new";
  std::error_code error;
  fs::remove_all(aside, error);
  if (auto made = make_private_folder(aside, user); !made) return made;
  auto initdb = Process::start({
      .arguments = {binaries / "initdb", "-D", kFolder, "-U", "postgres", "--encoding=UTF8",
                    "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"},
      .user = user,
      .folder = aside,
      .log = log,
      .parent_death_signal = SIGKILL,
  });
  if (!initdb) return std::unexpected(std::move(initdb.error()));
  if (!initdb->ended_within(kInitWaitMax) || !initdb->succeeded()) {
    return fail(ErrorCode::kUnavailable, "cannot make PostgreSQL's cluster: " + log_tail(log));
  }
  fs::rename(aside, folder, error);
  if (error) return path_error(folder, error.value());
  return {};
}

}  // namespace

bool PostgresServer::is_set_up(const DataFolder& data) { return fs::exists(data.postgres()); }

Result<std::unique_ptr<PostgresServer>> PostgresServer::prepare(const DataFolder& data,
                                                                const fs::path& sockets,
                                                                const PostgresOptions& options) {
  if (!fs::exists(options.binaries / "postgres")) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("PostgreSQL {} is not installed in {}. Install Debian's packages with "
                            "tools/install-packages",
                            kPostgresMajor, options.binaries.string()));
  }
  auto user = server_user(data.postgres(), "postgres");
  if (!user) return std::unexpected(std::move(user.error()));
  std::unique_ptr<PostgresServer> server(new PostgresServer);
  server->options_ = options;
  server->user_ = *user;
  server->folder_ = data.postgres();
  server->sockets_ = sockets;
  server->log_ = data.log_for("postgres");
  if (!is_set_up(data)) {
    auto made = make_cluster(server->folder_, *user, options.binaries, server->log_);
    if (!made) return std::unexpected(std::move(made.error()));
  }
  return server;
}

Result<> PostgresServer::remove_leftovers() {
  const auto pid_file = folder_ / "postmaster.pid";
  const pid_t pid = read_pid_file(pid_file);
  if (auto ended = end_leftover(name(), pid, folder_, kStopSteps); !ended) return ended;
  // A pid that another program has by now, or a zombie, would look like a running server.
  const auto owner = pid > 0 ? find_owner(pid, folder_) : ProcessOwner::kHidden;
  if (owner == ProcessOwner::kElsewhere || (owner == ProcessOwner::kGone && ::kill(pid, 0) == 0)) {
    std::error_code error;
    fs::remove(pid_file, error);
    fs::remove(folder_ / ".s.PGSQL.5432.lock", error);
  }
  return {};
}

ProcessSpec PostgresServer::process() const {
  ProcessSpec spec{
      .arguments = {options_.binaries / "postgres", "-D", kFolder},
      .user = user_,
      .folder = folder_,
      .log = log_,
      .parent_death_signal = SIGINT,
  };
  for (auto& setting : settings(options_)) {
    spec.arguments.emplace_back("-c");
    spec.arguments.push_back(std::move(setting));
  }
  return spec;
}

bool PostgresServer::ready(pid_t pid) const {
  const auto path = folder_ / "postmaster.pid";
  if (read_pid_file(path) != pid) return false;
  std::ifstream file(path);
  std::string line;
  constexpr int kStatusLine = 8;  // as pg_ctl reads it
  for (int i = 0; i < kStatusLine; ++i) std::getline(file, line);
  return file && line.starts_with("ready");
}

std::span<const StopStep> PostgresServer::stop_steps() const { return kStopSteps; }

std::string PostgresServer::url(std::string_view role, std::string_view database,
                                const fs::path& sockets) {
  return fmt::format("postgresql://{}@/{}?host={}", role, database, sockets.string());
}

std::string PostgresServer::database_url(const fs::path& sockets) {
  return url("souk", "souk", sockets);
}

Result<> PostgresServer::create_database() const {
  auto server =
      postgres::BlockingConnection::open(url("postgres", "postgres", sockets_), "souk up");
  if (!server) return std::unexpected(std::move(server.error()));
  const auto missing = [&](const std::string& query) {
    const auto rows = server->run(query);
    return rows && rows->size() == 0;
  };
  // Error messages quote the refused value. The session's client gets them; the log does not,
  // unlike errors of the server's own processes.
  if (auto done = server->execute("ALTER ROLE ALL SET log_min_messages = log"); !done) return done;
  if (missing("SELECT FROM pg_roles WHERE rolname = 'souk'")) {
    auto done = server->execute("CREATE ROLE souk LOGIN IN ROLE pg_monitor");
    if (!done) return done;
  }
  if (!missing("SELECT FROM pg_database WHERE datname = 'souk'")) return {};
  if (auto done = server->execute("CREATE DATABASE souk OWNER souk"); !done) return done;
  if (!has_statement_statistics(options_)) return {};
  auto database = postgres::BlockingConnection::open(url("postgres", "souk", sockets_), "souk up");
  if (!database) return std::unexpected(std::move(database.error()));
  return database->execute("CREATE EXTENSION pg_stat_statements");
}

}  // namespace souk::app
