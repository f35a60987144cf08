// The log files of server programs.
// Threading: not synchronised; one thread at a time for each log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace souk::app {

inline constexpr std::uintmax_t kLogBytesMax = std::uintmax_t{32} << 20;

// The last few lines joined into one, and the log's path: why a server did not start.
std::string log_tail(const std::filesystem::path& log);

// When the log exceeds `bytes_max`, copies it to LOG.old, replacing that, and truncates it: the
// server appends to its open file and need not reopen it. Lines written between copy and truncation
// are lost. A log that cannot be copied is truncated anyway, with a line that says so.
void limit_log(const std::filesystem::path& log, std::uintmax_t bytes_max);

}  // namespace souk::app
