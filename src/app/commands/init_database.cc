#include "app/commands/init_database.h"

#include <fmt/format.h>

#include "app/conninfo.h"
#include "postgres/blocking.h"

namespace souk::app {
namespace {

using postgres::BlockingConnection;

constexpr auto kProgram = "souk init";

// Every server has this one. A later dbname overrides the one before.
std::string on_maintenance_database(const std::string& conninfo) {
  const bool is_url = conninfo.starts_with("postgresql://") || conninfo.starts_with("postgres://");
  const auto* const separator = !is_url ? " " : conninfo.contains('?') ? "&" : "?";
  return conninfo + separator + "dbname=postgres";
}

constexpr auto kLook =
    "SELECT EXISTS (SELECT FROM pg_database WHERE datname = wanted), quote_ident(wanted), "
    "quote_ident(current_user), (SELECT rolsuper OR rolcreatedb FROM pg_roles "
    "WHERE rolname = current_user) FROM (SELECT coalesce(nullif($1, ''), current_user)) w(wanted)";

// `refused` is why the database itself could not be used. Its reason is a text in the server's
// language, so the server is asked whether the database exists.
Result<> create(const std::string& conninfo, const Error& refused) {
  auto server = BlockingConnection::open(on_maintenance_database(conninfo), kProgram);
  if (!server) return std::unexpected(refused);
  const Conninfo parsed(conninfo);
  const auto named = parsed.value("dbname");
  const auto looked = server->run(kLook, {named.empty() ? parsed.value("user") : named});
  if (!looked) return std::unexpected(looked.error());
  if (looked->text(0, 0) == "t") return std::unexpected(refused);
  const auto statement =
      fmt::format("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0",
                  looked->text(0, 1), looked->text(0, 2));
  if (looked->text(0, 3) == "t") return server->execute(statement);
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("there is no database {}, and the role {} may not create one. Let a "
                          "superuser run: {};",
                          looked->text(0, 1), looked->text(0, 2), statement));
}

constexpr auto kMayCreateTables =
    "SELECT to_regclass('schema_migrations') IS NOT NULL "
    "OR (coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) "
    "AND (has_database_privilege(current_database(), 'CREATE') "
    "OR (SELECT count(*) FROM pg_extension WHERE extname IN ('unaccent', 'pg_trgm')) = 2)), "
    "quote_ident(current_user), quote_ident(current_database()), "
    "quote_ident(coalesce(current_schema(), 'public'))";

Result<> check_rights(BlockingConnection& database) {
  const auto rows = database.run(kMayCreateTables);
  if (!rows) return std::unexpected(rows.error());
  if (rows->text(0, 0) == "t") return {};
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("the role {0} may not create tables and extensions in the database {1}. "
                          "Let its owner run, in that database: GRANT USAGE, CREATE ON SCHEMA {2} "
                          "TO {0}; GRANT CREATE ON DATABASE {1} TO {0};",
                          rows->text(0, 1), rows->text(0, 2), rows->text(0, 3)));
}

}  // namespace

Result<bool> ensure_database(const std::string& conninfo) {
  auto database = BlockingConnection::open(conninfo, kProgram);
  const bool missing = !database && database.error().code == ErrorCode::kUnavailable;
  if (missing) {
    if (auto created = create(conninfo, database.error()); !created) {
      return std::unexpected(created.error());
    }
    database = BlockingConnection::open(conninfo, kProgram);
  }
  if (!database) return std::unexpected(database.error());
  if (auto checked = check_rights(*database); !checked) return std::unexpected(checked.error());
  return missing;
}

}  // namespace souk::app
