#include "postgres/server_check.h"

#include <fmt/format.h>

#include "base/parse.h"
#include "postgres/blocking.h"

namespace souk::postgres {
namespace {

constexpr int kPerMajorVersion = 10'000;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::kPreconditionFailed, std::move(message));
}

Result<ServerFacts> read_facts(BlockingConnection& database) {
  const auto rows = database.run(
      "SELECT current_setting('server_version_num'), current_database(), "
      "current_setting('server_encoding')");
  if (!rows) return std::unexpected(rows.error());
  return ServerFacts{.version = static_cast<int>(parse_integer(rows->text(0, 0)).value_or(0)),
                     .database = std::string(rows->text(0, 1)),
                     .encoding = std::string(rows->text(0, 2))};
}

}  // namespace

Result<> check(const ServerFacts& facts) {
  if (facts.version < kOldestServer * kPerMajorVersion) {
    return refuse(fmt::format("The server is PostgreSQL {}. Souk needs version {} or newer.",
                              facts.version / kPerMajorVersion, kOldestServer));
  }
  if (facts.encoding != "UTF8") {
    return refuse(fmt::format(
        "The database \"{}\" has the encoding {}, which cannot hold every name. Make another one: "
        "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.",
        facts.database, facts.encoding));
  }
  return {};
}

Result<> check_server(const std::string& conninfo) {
  auto database = BlockingConnection::open(conninfo, "souk");
  if (!database) return std::unexpected(database.error());
  return check_server(*database);
}

Result<> check_server(BlockingConnection& database) {
  const auto facts = read_facts(database);
  if (!facts) return std::unexpected(facts.error());
  return check(*facts);
}

}  // namespace souk::postgres
