#include "postgres/session_settings.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace souk::postgres {
namespace {

constexpr std::array kCommon = std::to_array<SessionSetting>({
    // Only Souk bounds its waits. statement_timeout and jit are set before all others.
    {"lock_timeout", "'0'"},
    {"idle_session_timeout", "'0'"},
    {"idle_in_transaction_session_timeout", "'0'"},

    // Single statements assume read committed; transactions name their own level. A hot standby
    // remains read-only whatever is set here; docs/database.md describes how writes are stopped.
    {"default_transaction_isolation", "'read committed'"},
    {"default_transaction_read_only", "'off'"},
    {"default_transaction_deferrable", "'off'"},
    // With "off" a crash loses acknowledged data. Every other value waits for this server's disk;
    // waiting for standbys is the operator's choice.
    {"synchronous_commit",
     "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
     "ELSE current_setting('synchronous_commit') END"},
    // Needed for the warning that a commit has not reached the standby.
    {"client_min_messages", "'warning'"},

    // The shop's schema: the first of the session's path, or else "public", with a migrated shop;
    // before the first migration the default schema for new tables. No object of another schema can
    // then shadow a table or function. May be empty only if there is nothing to find.
    {"search_path",
     "coalesce((SELECT quote_ident(n.nspname) FROM pg_namespace n JOIN pg_class c "
     "ON c.relnamespace = n.oid JOIN pg_attribute a ON a.attrelid = c.oid "
     "WHERE c.relname = 'schema_migrations' AND a.attname = 'checksum' "
     "AND n.nspname = ANY (current_schemas(false) || 'public'::name) "
     "ORDER BY array_position(current_schemas(false) || 'public'::name, n.nspname) LIMIT 1), "
     "quote_ident(current_schema()), 'public') || ', pg_temp'"},
    // Rows hidden by a policy would look like missing rows: an error is better.
    {"row_security", "'off'"},

    // Text values have the same meaning everywhere.
    {"client_encoding", "'UTF8'"},
    {"DateStyle", "'ISO, MDY'"},
    {"IntervalStyle", "'postgres'"},
    {"TimeZone", "'UTC'"},
    {"bytea_output", "'hex'"},
    {"extra_float_digits", "'1'"},
    {"standard_conforming_strings", "'on'"},
    {"array_nulls", "'on'"},
    {"transform_null_equals", "'off'"},

    // A search returns all matches.
    {"gin_fuzzy_search_limit", "'0'"},
    // Lists must be sorted in memory; a larger default is kept.
    {"work_mem",
     "CASE WHEN pg_size_bytes(current_setting('work_mem')) < 4194304 THEN '4MB' "
     "ELSE current_setting('work_mem') END"},
    {"cursor_tuple_fraction", "'0.1'"},

    // Keeps the semantics that the triggers were written for.
    {"plpgsql.extra_errors", "'none'"},
    // Parameters of failed statements are not written to the server's log.
    {"log_parameter_max_length_on_error", "'0'"},
});

constexpr std::array kPool = std::to_array<SessionSetting>({
    // A statement is planned once per connection and always runs the plan that the tests check.
    {"plan_cache_mode", "'force_generic_plan'"},
    // Many requests share the processors: none uses several for one statement.
    {"max_parallel_workers_per_gather", "'0'"},
    // How often the server checks whether the client of a running statement is still connected.
    {"client_connection_check_interval", "'2s'"},
});

// PostgreSQL's built-in defaults for planner options and for time-outs of newer servers, where this
// server has them; and triggers, which maintain the ledger, in case a superuser's default disabled
// them.
constexpr std::string_view kBuiltIn =
    "SELECT count(set_config(name, boot_val, false)) FROM pg_settings "
    "WHERE starts_with(name, 'enable_') OR starts_with(name, 'geqo') "
    "OR name IN ('join_collapse_limit', 'from_collapse_limit', 'constraint_exclusion', "
    "'recursive_worktable_factor', 'force_parallel_mode', 'debug_parallel_query', "
    "'transaction_timeout') "
    "OR (name = 'session_replication_role' AND setting <> boot_val)";

void append(std::string& sql, std::span<const SessionSetting> settings) {
  for (const auto& [name, value] : settings) {
    fmt::format_to(std::back_inserter(sql), ", set_config('{}', {}, false)", name, value);
  }
}

}  // namespace

std::span<const SessionSetting> common_settings() { return kCommon; }
std::span<const SessionSetting> pool_settings() { return kPool; }

std::string session_sql(std::chrono::milliseconds statement_timeout,
                        std::span<const SessionSetting> more) {
  // The statements are short, or their estimated costs are meaningless (the cache and the jobs turn
  // plan methods off): JIT compilation takes longer than execution, by up to a second, for these
  // settings' own statements, too.
  auto sql = fmt::format("SET statement_timeout = {}; SET jit = off; {}; SELECT pg_backend_pid()",
                         statement_timeout.count(), kBuiltIn);
  append(sql, kCommon);
  append(sql, more);
  return sql;
}

}  // namespace souk::postgres
