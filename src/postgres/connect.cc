#include "postgres/connect.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace souk::postgres {
namespace {

// The server looks this often whether the client of a running statement is still there.
constexpr int kClientCheckMs = 2'000;

// What the connection string itself passes as server options; ours are added to them.
std::string options_of(const std::string& conninfo) {
  struct Free {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
  };
  const std::unique_ptr<PQconninfoOption, Free> parsed(PQconninfoParse(conninfo.c_str(), nullptr));
  for (const auto* option = parsed.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    if (std::string_view(option->keyword) == "options" && option->val != nullptr) {
      return option->val;
    }
  }
  return {};
}

}  // namespace

// Generic plans: a statement is planned once for each connection, never again, and always runs the
// plan that the tests have seen.
Session start_session(const PoolConfig& config) {
  const auto timeout_ms = config.command_timeout.count();
  const auto options = fmt::format(
      "{} -c statement_timeout={} -c idle_in_transaction_session_timeout={} "
      "-c client_connection_check_interval={} -c plan_cache_mode=force_generic_plan{} {}",
      options_of(config.conninfo), timeout_ms, timeout_ms, kClientCheckMs,
      config.read_only ? " -c default_transaction_read_only=on" : "", config.server_options);
  const auto user_timeout = fmt::format("{}", timeout_ms);
  // Later entries win over earlier ones: the connection string over the keep-alives.
  const std::array keywords = {"fallback_application_name",
                               "keepalives_idle",
                               "keepalives_interval",
                               "keepalives_count",
                               "tcp_user_timeout",
                               "dbname",
                               "options",
                               "client_encoding",
                               static_cast<const char*>(nullptr)};
  const std::array values = {config.application_name.c_str(),
                             "30",
                             "10",
                             "3",
                             user_timeout.c_str(),
                             config.conninfo.c_str(),
                             options.c_str(),
                             "UTF8",
                             static_cast<const char*>(nullptr)};
  static_assert(keywords.size() == values.size());
  return Session(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/1));
}

std::string session_error(const PGconn* session) {
  const std::string_view message = PQerrorMessage(session);
  return std::string(message.substr(0, message.find('\n')));
}

}  // namespace souk::postgres
