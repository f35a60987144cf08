// JSON for people: a table of a list, or the members of an object line by line.
// Threading: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace souk::app {

// A list is an object with an array of objects in `items`. Characters that would steer a terminal
// become spaces. Text that is not JSON is returned as it is.
std::string table_of(std::string_view json);

}  // namespace souk::app
