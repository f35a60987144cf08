#include "postgres/session_settings.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace souk::postgres {
namespace {

constexpr std::array kCommon = std::to_array<SessionSetting>({
    // Nobody but Souk ends its waits. statement_timeout is set before all others.
    {"lock_timeout", "'0'"},
    {"idle_session_timeout", "'0'"},
    {"idle_in_transaction_session_timeout", "'0'"},

    // Single statements are written for read committed; transactions name their own level. A hot
    // standby stays read-only, whatever is set here; docs/database.md says how writes are stopped.
    {"default_transaction_isolation", "'read committed'"},
    {"default_transaction_read_only", "'off'"},
    {"default_transaction_deferrable", "'off'"},
    // With "off" a crash loses what was acknowledged. Every other value waits for this server's
    // disk; how far standbys are waited for is the operator's choice.
    {"synchronous_commit",
     "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
     "ELSE current_setting('synchronous_commit') END"},
    // A warning tells that a commit has not reached the standby.
    {"client_min_messages", "'warning'"},

    // The tables are where the session's own path, or else "public", has a migrated shop; before
    // the first migration they come to where new tables go. Nothing of another schema can then
    // stand in for a table or function. It may be empty only where there is nothing to find.
    {"search_path",
     "coalesce((SELECT quote_ident(n.nspname) FROM pg_namespace n JOIN pg_class c "
     "ON c.relnamespace = n.oid JOIN pg_attribute a ON a.attrelid = c.oid "
     "WHERE c.relname = 'schema_migrations' AND a.attname = 'checksum' "
     "AND n.nspname = ANY (current_schemas(false) || 'public'::name) "
     "ORDER BY array_position(current_schemas(false) || 'public'::name, n.nspname) LIMIT 1), "
     "quote_ident(current_schema()), 'public') || ', pg_temp'"},
    // Rows that a policy hides would pass for rows that are not there: an error is better.
    {"row_security", "'off'"},

    // Values as text mean the same everywhere.
    {"client_encoding", "'UTF8'"},
    {"DateStyle", "'ISO, MDY'"},
    {"IntervalStyle", "'postgres'"},
    {"TimeZone", "'UTC'"},
    {"bytea_output", "'hex'"},
    {"extra_float_digits", "'1'"},
    {"standard_conforming_strings", "'on'"},
    {"array_nulls", "'on'"},
    {"transform_null_equals", "'off'"},

    // A search finds all that there is.
    {"gin_fuzzy_search_limit", "'0'"},
    // The sort of a list fits in memory; more than the default is welcome.
    {"work_mem",
     "CASE WHEN pg_size_bytes(current_setting('work_mem')) < 4194304 THEN '4MB' "
     "ELSE current_setting('work_mem') END"},
    // The statements are short, or have a cost that says nothing (the cache and the jobs turn
    // methods off): compiling them takes longer than running them, by up to a second.
    {"jit", "'off'"},
    {"cursor_tuple_fraction", "'0.1'"},

    // Triggers mean what they meant when they were written.
    {"plpgsql.extra_errors", "'none'"},
    // What an error was about is not written to the server's log.
    {"log_parameter_max_length_on_error", "'0'"},
});

constexpr std::array kPool = std::to_array<SessionSetting>({
    // A statement is planned once for each connection, never again, and always runs the plan that
    // the tests have seen.
    {"plan_cache_mode", "'force_generic_plan'"},
    // Many callers share the processors: none takes several for one statement.
    {"max_parallel_workers_per_gather", "'0'"},
    // The server looks this often whether the client of a running statement is still there.
    {"client_connection_check_interval", "'2s'"},
});

// As PostgreSQL itself comes: how the planner searches and a time-out of newer servers, whichever
// of them this one has; and triggers, which keep the books, where a superuser's default turned them
// off.
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
  auto sql = fmt::format("SET statement_timeout = {}; {}; SELECT pg_backend_pid()",
                         statement_timeout.count(), kBuiltIn);
  append(sql, kCommon);
  append(sql, more);
  return sql;
}

}  // namespace souk::postgres
