// How many files and sockets this process may have open at once (RLIMIT_NOFILE).
// Threading: call it before threads that open files are started.
#pragma once

#include <cstddef>

namespace souk {

// Raises the soft limit to `wanted`, as far as the hard limit lets it; never lowers it. Returns
// what is allowed now.
std::size_t allow_open_files(std::size_t wanted);

}  // namespace souk
