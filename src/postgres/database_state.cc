#include "postgres/database_state.h"

#include <algorithm>
#include <array>

namespace souk::postgres {
namespace {

constexpr Statement kLookAtServer{
    .name = "postgres_look_at_server",
    .sql =
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on' "
        "OR has_table_privilege(to_regclass('orders'), 'INSERT') IS FALSE, "
        "to_regclass('schema_migrations') IS NOT NULL",
    .kind = Statement::Kind::kPoint};
constexpr Statement kAppliedMigrations{.name = "postgres_applied_migrations",
                                       .sql = "SELECT name FROM schema_migrations ORDER BY number",
                                       .kind = Statement::Kind::kPoint};

}  // namespace

std::string_view name_of(DatabaseState state) {
  constexpr std::array<std::string_view, 8> kNames = {"up",    "down",  "unmigrated", "older",
                                                      "newer", "other", "standby",    "read_only"};
  return kNames.at(static_cast<std::size_t>(state));
}

DatabaseState compare_schema(std::span<const std::string> applied,
                             std::span<const MigrationFile> files) {
  const auto common = std::min(applied.size(), files.size());
  const bool same =
      std::ranges::equal(applied.first(common), files.first(common), {}, {}, &MigrationFile::name);
  if (applied.empty()) return DatabaseState::kUnmigrated;
  if (!same) return DatabaseState::kOther;
  if (applied.size() < files.size()) return DatabaseState::kOlder;
  return applied.size() > files.size() ? DatabaseState::kNewer : DatabaseState::kUp;
}

runtime::Task<DatabaseState> look_at_database(Pool& pool, runtime::Context& context,
                                              std::span<const MigrationFile> files) {
  const auto server = co_await pool.query(context, kLookAtServer);
  if (!server[0].get<bool>(2)) co_return DatabaseState::kUnmigrated;
  const auto applied = (co_await pool.query(context, kAppliedMigrations)).as<std::string>();
  const auto schema = compare_schema(applied, files);
  if (schema != DatabaseState::kUp) co_return schema;
  if (server[0].get<bool>(0)) co_return DatabaseState::kStandby;
  co_return server[0].get<bool>(1) ? DatabaseState::kReadOnly : DatabaseState::kUp;
}

}  // namespace souk::postgres
