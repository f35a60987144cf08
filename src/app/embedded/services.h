// The servers of `souk up`: a private PostgreSQL and Redis, as supervised children on unix sockets
// under the data folder.
//
// Threading: start() and stop() block; not for an event loop.
// Ownership: holds the data folder. The destructor stops the servers.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/embedded/data_folder.h"
#include "app/embedded/postgres_server.h"
#include "app/embedded/redis_server.h"
#include "app/embedded/server_log.h"
#include "app/embedded/socket_folders.h"
#include "app/embedded/supervisor.h"

namespace souk::app {

struct EmbeddedConfig {
  std::filesystem::path data;
  PostgresOptions postgres = {};
  RedisOptions redis = {};
  std::uintmax_t log_bytes_max = kLogBytesMax;  // per server; the old log takes as much again
  // Called when a server ended unexpectedly and will be restarted: for the log and a counter.
  ServerEndedCallback on_server_ended = [](const ServerEnded&) {};
};

class EmbeddedServices {
 public:
  // Removes all PG... variables from the environment: REQUIRES that no other thread reads it.
  // Returns once both servers accept connections and the database `souk` exists, possibly empty.
  // `progress` gets a line before each slow step. Errors: kPreconditionFailed when the data folder
  // is of another version or not ours, kUnavailable for everything else; each has a remedy. Nothing
  // is left running then.
  static Result<EmbeddedServices> start(EmbeddedConfig config,
                                        const std::function<void(std::string_view)>& progress);

  const DataFolder& data() const { return data_; }
  const std::string& database_url() const { return database_url_; }
  // The same for another database of the cluster, and as the cluster's superuser.
  std::string database_url_of(std::string_view database) const;
  std::string superuser_url(std::string_view database) const;
  const std::string& redis_url() const { return redis_url_; }

  // Bounded: PostgreSQL is killed after 40 s, which it survives. Idempotent.
  void stop() { supervisor_->stop(); }

 private:
  EmbeddedServices(DataFolder data, SocketFolders sockets)
      : data_(std::move(data)), sockets_(std::move(sockets)) {}

  DataFolder data_;
  SocketFolders sockets_;
  std::string database_url_;
  std::string redis_url_;
  std::unique_ptr<Supervisor> supervisor_;
};

// The database of a Souk that runs with that data folder, for a second process; empty when none
// runs. Removes all PG... variables from the environment, as start() does.
std::string running_database_url(const std::filesystem::path& data);

}  // namespace souk::app
