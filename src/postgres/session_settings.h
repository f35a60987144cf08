// The settings that Souk applies to each of its connections before use, so that neither invariants
// nor plans depend on defaults of the server, the database or the role.
//
// Applied by SET in the first round trip, not by startup options, which PgBouncer refuses.
// Threading and ownership: data and free functions; text is static or outlives the call.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace souk::postgres {

struct SessionSetting {
  std::string_view name;
  std::string_view value;  // an SQL expression: literals are quoted
};
using SessionSettings = std::vector<SessionSetting>;

// For every connection.
std::span<const SessionSetting> common_settings();
// Additionally for connections with generic plans.
std::span<const SessionSetting> pool_settings();

// One string of statements for the simple protocol. Its last result is a row with the pid of the
// server's backend: behind a pooler PQbackendPID() is invented. If a setting is repeated, the last
// one counts. Zero: no time-out.
std::string session_sql(std::chrono::milliseconds statement_timeout,
                        std::span<const SessionSetting> more = {});

}  // namespace souk::postgres
