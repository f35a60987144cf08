// A private PostgreSQL: its cluster in the data folder, its socket inside the cluster's own folder,
// which only its user can enter; no TCP.
// Threading: prepare() and create_database() on the thread that starts the services, the rest as in
// Server.
#pragma once

#include "app/embedded/data_folder.h"
#include "app/embedded/server.h"

namespace souk::app {

struct PostgresOptions {
  std::filesystem::path binaries = "/usr/lib/postgresql/15/bin";
  std::size_t max_connections = 140;
  std::uint64_t shared_buffers = 0;  // bytes; 0 is an eighth of the memory, 128 MiB to 4 GiB
};

class PostgresServer final : public Server {
 public:
  // `sockets` is a short path to the cluster's folder. Creates the cluster if there is none.
  // Errors: kUnavailable.
  static Result<std::unique_ptr<PostgresServer>> prepare(const DataFolder& data,
                                                         const std::filesystem::path& sockets,
                                                         const PostgresOptions& options);
  // Whether data has a cluster; otherwise prepare() creates one, which takes seconds.
  static bool is_set_up(const DataFolder& data);

  // The URL of the shop in a cluster whose socket is in that folder.
  static std::string database_url(const std::filesystem::path& sockets);
  static std::string url(std::string_view role, std::string_view database,
                         const std::filesystem::path& sockets);

  // Creates the role and the database `souk` if missing, and keeps errors of sessions out of the
  // log. REQUIRES: it runs.
  Result<> create_database() const;
  std::string database_url() const { return database_url(sockets_); }

  std::string_view name() const override { return "PostgreSQL"; }
  Result<> remove_leftovers() override;
  ProcessSpec process() const override;
  const std::filesystem::path& log() const override { return log_; }
  bool ready(pid_t pid) const override;
  std::span<const StopStep> stop_steps() const override;

 private:
  PostgresServer() = default;
  PostgresOptions options_;
  UserId user_{};
  std::filesystem::path folder_;
  std::filesystem::path sockets_;
  std::filesystem::path log_;
};

}  // namespace souk::app
