// Traces, as the operator's address has them (observe/traces/trace_json.h), for people: a list, or
// waterfalls.
// Threading: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace souk::app {

// One line for each trace. Throws BadJson.
std::string trace_list(std::string_view json);
// Each trace with its spans, `columns` wide. Throws BadJson.
std::string waterfalls(std::string_view json, std::size_t columns);

}  // namespace souk::app
