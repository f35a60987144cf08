// The limit of open files and sockets of this process (RLIMIT_NOFILE).
// Threading: call it before threads that open files are started.
#pragma once

#include <cstddef>

namespace souk {

// Raises the soft limit to `wanted`, at most to the hard limit; never lowers it. Returns the limit
// now.
std::size_t allow_open_files(std::size_t wanted);

}  // namespace souk
