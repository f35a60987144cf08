#include "app/embedded/services.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>

namespace souk::app {
namespace {

// Variables for libpq and the server (PGHOST, PGSERVICE, PGOPTIONS, PGPORT, ...) are meant for
// other servers: the private one is addressed by its URL alone.
void clear_postgres_environment() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with("PG")) names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const auto& name : names) unsetenv(name.c_str());
}

}  // namespace

Result<EmbeddedServices> EmbeddedServices::start(
    EmbeddedConfig config, const std::function<void(std::string_view)>& progress) {
  clear_postgres_environment();
  auto data = DataFolder::open(config.data);
  if (!data) return std::unexpected(std::move(data.error()));
  auto sockets = SocketFolders::make(*data);
  if (!sockets) return std::unexpected(std::move(sockets.error()));
  EmbeddedServices services(std::move(*data), std::move(*sockets));

  if (!PostgresServer::is_set_up(services.data_)) progress("making a database cluster");
  auto postgres =
      PostgresServer::prepare(services.data_, services.sockets_.postgres(), config.postgres);
  if (!postgres) return std::unexpected(std::move(postgres.error()));
  auto redis = RedisServer::prepare(services.data_, services.sockets_.redis(), config.redis);
  if (!redis) return std::unexpected(std::move(redis.error()));
  services.database_url_ = (*postgres)->database_url();
  services.redis_url_ = (*redis)->url();

  progress("starting PostgreSQL and Redis");
  const PostgresServer& database = **postgres;  // owned by the supervisor from here on
  std::vector<std::unique_ptr<Server>> servers;
  servers.push_back(std::move(*postgres));
  servers.push_back(std::move(*redis));
  services.supervisor_ = std::make_unique<Supervisor>(
      std::move(servers), std::move(config.on_server_ended), config.log_bytes_max);
  if (auto ready = services.supervisor_->wait_until_ready(); !ready) {
    return std::unexpected(std::move(ready.error()));
  }
  if (auto made = database.create_database(); !made) {
    return std::unexpected(std::move(made.error()));
  }
  return services;
}

std::string EmbeddedServices::database_url_of(std::string_view database) const {
  return PostgresServer::url("souk", database, sockets_.postgres());
}

std::string EmbeddedServices::superuser_url(std::string_view database) const {
  return PostgresServer::url("postgres", database, sockets_.postgres());
}

std::string running_database_url(const std::filesystem::path& data) {
  clear_postgres_environment();
  const auto sockets = SocketFolders::find_postgres(data);
  if (sockets.empty()) return "";
  // A crash leaves postmaster.pid and the socket behind: only an answer proves that it runs.
  auto url = PostgresServer::database_url(sockets);
  return PQping((url + "&connect_timeout=5").c_str()) == PQPING_OK ? url : "";
}

}  // namespace souk::app
