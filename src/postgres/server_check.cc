#include "postgres/server_check.h"

#include <fmt/format.h>

#include "base/parse.h"
#include "postgres/blocking.h"

namespace souk::postgres {
namespace {

constexpr int kPerMajorVersion = 10'000;
constexpr int kLooksAtSession = 12;

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

Result<std::string> backend_of(BlockingConnection& database) {
  const auto rows = database.run("SELECT pg_backend_pid()");
  if (!rows) return std::unexpected(rows.error());
  return std::string(rows->text(0, 0));
}

// A transaction pooler hands out an idle session, usually the last one used: sooner or later one of
// two clients gets the other's session, or a third one. With a session pooler, or none, this never
// happens.
Result<> check_session(BlockingConnection& database, const std::string& conninfo) {
  auto other = BlockingConnection::open(conninfo, "souk", database.limit());
  if (!other) return std::unexpected(other.error());
  const auto first = backend_of(database);
  if (!first) return std::unexpected(first.error());
  const auto others = backend_of(*other);
  if (!others) return std::unexpected(others.error());
  bool shared = *first == *others;
  for (int look = 0; look < kLooksAtSession && !shared; ++look) {
    const bool mine = look % 3 == 2;  // twice theirs in a row: a pooler may also rotate
    const auto now = backend_of(mine ? database : *other);
    if (!now) return std::unexpected(now.error());
    shared = *now != (mine ? *first : *others);
  }
  if (!shared) return {};
  return refuse(
      "A pooler lends the server's sessions for one transaction or statement only, and Souk needs "
      "one for each connection (LISTEN, settings). Set pool_mode = session in PgBouncer for this "
      "database, or connect to the server itself.");
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
  return check_server(*database, conninfo);
}

Result<> check_server(BlockingConnection& database, const std::string& conninfo) {
  const auto facts = read_facts(database);
  if (!facts) return std::unexpected(facts.error());
  if (auto checked = check(*facts); !checked) return checked;
  return check_session(database, conninfo);
}

}  // namespace souk::postgres
