#include "postgres/explaining.h"

#include <fmt/format.h>

#include <array>

namespace souk::postgres {
namespace {

// A setting of a module that is not loaded has no row in pg_settings.
constexpr Statement kExplainedAbove{
    .name = "postgres.explained_above",
    .sql =
        "SELECT setting::bigint FROM pg_settings "
        "WHERE name = 'auto_explain.log_min_duration' AND setting::bigint >= 0",
    .kind = Statement::Kind::kPoint};
constexpr std::array kStatements = {&kExplainedAbove};

// Refusals are caught here, since any error ends the connection: a module that cannot be loaded, a
// setting that the role must not change. log_parameter_max_length is there from PostgreSQL 16 on;
// before, auto_explain logs no parameters.
constexpr std::string_view kExplain = R"(DO $souk$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_settings WHERE name = 'auto_explain.log_min_duration') THEN
    LOAD 'auto_explain';
  END IF;
  PERFORM set_config('auto_explain.log_min_duration', '{}ms', false);
  PERFORM set_config(name, '0', false) FROM pg_settings
    WHERE name = 'auto_explain.log_parameter_max_length' AND setting <> '0';
EXCEPTION WHEN OTHERS THEN NULL;
END $souk$; )";

}  // namespace

std::span<const Statement* const> explaining_statements() { return kStatements; }

std::string explain_sql(std::chrono::milliseconds slower_than) {
  return fmt::format(kExplain, slower_than.count());
}

runtime::Task<std::optional<std::chrono::milliseconds>> explained_above(Pool& pool,
                                                                        runtime::Context& context) {
  const auto found = (co_await pool.query(context, kExplainedAbove)).optional<std::int64_t>();
  if (!found) co_return std::nullopt;
  co_return std::chrono::milliseconds(*found);
}

}  // namespace souk::postgres
