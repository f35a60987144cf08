#include "app/embedded/services.h"

namespace souk::app {

Result<EmbeddedServices> EmbeddedServices::start(
    EmbeddedConfig config, const std::function<void(std::string_view)>& progress) {
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
  const PostgresServer& database = **postgres;  // the supervisor's from here on
  std::vector<std::unique_ptr<Server>> servers;
  servers.push_back(std::move(*postgres));
  servers.push_back(std::move(*redis));
  services.supervisor_ =
      std::make_unique<Supervisor>(std::move(servers), std::move(config.on_server_ended));
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
  const auto sockets = SocketFolders::find_postgres(data);
  std::error_code error;
  const bool runs = !sockets.empty() && std::filesystem::exists(sockets / "postmaster.pid", error);
  return runs ? PostgresServer::database_url(sockets) : "";
}

}  // namespace souk::app
