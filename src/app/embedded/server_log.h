// What a server program writes to its standard output and error, kept in a file.
// Threading: none of its own; one thread at a time for each log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace souk::app {

inline constexpr std::uintmax_t kLogBytesMax = std::uintmax_t{32} << 20;

// The last few lines, on one, and the log's path: why a server did not start.
std::string log_tail(const std::filesystem::path& log);

// Once the log is over `bytes_max` its content becomes LOG.old, in place of what was there, and it
// is emptied: a server appends to the file it has open, and is not asked to open another. What it
// writes between the copy and the emptying is lost. A log that cannot be copied is emptied all the
// same, and says so.
void limit_log(const std::filesystem::path& log, std::uintmax_t bytes_max);

}  // namespace souk::app
