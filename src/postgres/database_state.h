// The state of the connected database: whether its schema is the one this binary was built for, and
// whether it is writable.
//
// Threading: the pool's loop. Ownership: borrows its arguments while it runs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "postgres/migrator.h"
#include "postgres/pool.h"

// SQL for the identity of a database's history: this run of the server and, by its file, this table
// in this database. A copy, a restore, older data files or a promoted standby have another one.
// Snapshots, transaction ids and row numbers are comparable within one history only.
#define SOUK_HISTORY_OF(table)                               \
  "extract(epoch FROM pg_postmaster_start_time())::text || " \
  "pg_relation_filepath('" table "')"

namespace souk::postgres {

enum class DatabaseState : std::uint8_t {
  kUp,          // known schema, writable
  kDown,        // does not answer
  kUnmigrated,  // no migration was applied
  kOlder,       // some migrations are missing
  kNewer,       // has migrations unknown to this binary
  kOther,       // other migrations than these
  kStandby,     // known schema; a read-only replica
  kReadOnly,    // known schema; its transactions are read-only, or the role may not write orders
};
std::string_view name_of(DatabaseState state);  // "up", "down", "unmigrated", ...

// `applied`: names, in order.
DatabaseState compare_schema(std::span<const std::string> applied,
                             std::span<const MigrationFile> files);

// At most two points. Throws as the pool does; never returns kDown.
runtime::Task<DatabaseState> look_at_database(Pool& pool, runtime::Context& context,
                                              std::span<const MigrationFile> files);

}  // namespace souk::postgres
