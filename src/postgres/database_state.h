// What kind of database a connection leads to: whether its schema is the one this binary was built
// for, and whether it may be written.
//
// Threading: the pool's loop. Ownership: borrows what it is given for as long as it runs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "postgres/migrator.h"
#include "postgres/pool.h"

// Which history of a database this is, in SQL: this run of the server and, by its file, this table
// in this database. A copy, a restore, an older state of the files or a promoted standby has
// another one. Snapshots, and numbers of transactions and rows, may be compared within one alone.
#define SOUK_HISTORY_OF(table)                               \
  "extract(epoch FROM pg_postmaster_start_time())::text || " \
  "pg_relation_filepath('" table "')"

namespace souk::postgres {

enum class DatabaseState : std::uint8_t {
  kUp,          // known schema, may be written
  kDown,        // does not answer
  kUnmigrated,  // no migration was applied
  kOlder,       // some are missing
  kNewer,       // some are not known here
  kOther,       // other migrations than these
  kStandby,     // known schema; a replica, which cannot be written
  kReadOnly,    // known schema; its transactions are read-only, or the role may not write orders
};
std::string_view name_of(DatabaseState state);  // "up", "down", "unmigrated", ...

// `applied`: names, in their order.
DatabaseState compare_schema(std::span<const std::string> applied,
                             std::span<const MigrationFile> files);

// Two points at most. Throws as the pool does; never gives kDown.
runtime::Task<DatabaseState> look_at_database(Pool& pool, runtime::Context& context,
                                              std::span<const MigrationFile> files);

}  // namespace souk::postgres
