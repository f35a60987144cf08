// Parses SQL files for the migrator: the ends of statements, and the indexes they build.
// Threading: pure functions. Views point into the argument.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace souk::postgres {

struct ScriptStatement {
  std::string_view text;  // from its first word, without the semicolon
  std::size_t line;       // of that word in the file, from 0
};

// Splits at semicolons outside quotes ('', E'', ""), dollar quotes and (nested) comments. BEGIN
// ATOMIC bodies are not recognised.
std::vector<ScriptStatement> split_statements(std::string_view sql);

// Whether the file's first line is "-- souk: no-transaction".
bool runs_outside_transaction(std::string_view sql);

struct ConcurrentIndex {
  std::string_view name;  // as written, perhaps with a schema
  bool if_not_exists;
};

// The index of a CREATE INDEX CONCURRENTLY; an empty name for any other statement.
ConcurrentIndex concurrent_index(std::string_view statement);

}  // namespace souk::postgres
