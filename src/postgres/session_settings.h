// What Souk sets on each of its own connections before it uses them, so that neither its invariants
// nor its plans depend on the defaults of the server, the database or the role.
//
// By SET in the first round trip, not by startup options: PgBouncer refuses those.
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
  std::string_view value;  // an SQL expression: a literal stands in quotes
};
using SessionSettings = std::vector<SessionSetting>;

// Of every connection.
std::span<const SessionSetting> common_settings();
// Of connections whose statements are planned once, for any parameters; in addition.
std::span<const SessionSetting> pool_settings();

// One string of statements for the simple protocol. Its last result is a row whose first column is
// the process id of the server's backend: a pooler in between makes PQbackendPID() up. Where a
// setting is named more than once, the last one counts. Zero: no time-out.
std::string session_sql(std::chrono::milliseconds statement_timeout,
                        std::span<const SessionSetting> more = {});

}  // namespace souk::postgres
