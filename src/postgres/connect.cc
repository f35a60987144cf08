#include "postgres/connect.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "postgres/explaining.h"

namespace souk::postgres {
Session start_session(const PoolConfig& config) {
  const auto user_timeout = fmt::format("{}", config.command_timeout.count());
  // Later entries override earlier ones: the connection string the keep-alives.
  const std::array keywords = {"fallback_application_name",
                               "keepalives_idle",
                               "keepalives_interval",
                               "keepalives_count",
                               "tcp_user_timeout",
                               "dbname",
                               static_cast<const char*>(nullptr)};
  const std::array values = {config.application_name.c_str(),
                             "30",
                             "10",
                             "3",
                             user_timeout.c_str(),
                             config.conninfo.c_str(),
                             static_cast<const char*>(nullptr)};
  static_assert(keywords.size() == values.size());
  return Session(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/1));
}

std::string session_sql(const PoolConfig& config) {
  // Bounds an abandoned transaction by the time of a statement.
  const auto idle = fmt::format("'{}'", config.command_timeout.count());
  SessionSettings settings(pool_settings().begin(), pool_settings().end());
  settings.push_back({"idle_in_transaction_session_timeout", idle});
  if (config.read_only) settings.push_back({"default_transaction_read_only", "'on'"});
  settings.insert(settings.end(), config.session.begin(), config.session.end());
  const auto explain =
      config.explain_slow.count() > 0 ? explain_sql(config.explain_slow) : std::string();
  return explain + session_sql(config.command_timeout, settings);
}

std::string session_error(const PGconn* session) {
  const std::string_view message = PQerrorMessage(session);
  return std::string(message.substr(0, message.find('\n')));
}

}  // namespace souk::postgres
