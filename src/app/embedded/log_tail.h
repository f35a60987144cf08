// The end of a server's log, for the message that says why it did not start.
#pragma once

#include <filesystem>
#include <string>

namespace souk::app {

// The last few lines, on one, and the log's path.
std::string log_tail(const std::filesystem::path& log);

}  // namespace souk::app
