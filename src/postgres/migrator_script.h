// Reads SQL files as the migrator needs it: where a statement ends, and which index it builds.
// Threading: pure functions. Views point into the text they were given.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace souk::postgres {

struct ScriptStatement {
  std::string_view text;  // from its first word, without the semicolon
  std::size_t line;       // of that word in the file, from 0
};

// Splits at the semicolons that are not inside quotes ('', E'', ""), dollar quotes or comments
// (nested, too). Bodies in BEGIN ATOMIC are not recognised.
std::vector<ScriptStatement> split_statements(std::string_view sql);

// True where the file's first line is "-- souk: no-transaction".
bool runs_outside_transaction(std::string_view sql);

struct ConcurrentIndex {
  std::string_view name;  // as written, perhaps with a schema
  bool if_not_exists;
};

// What a CREATE INDEX CONCURRENTLY builds; an empty name for any other statement.
ConcurrentIndex concurrent_index(std::string_view statement);

}  // namespace souk::postgres
