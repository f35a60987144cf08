// Reads whole files that users name: settings, budgets, tokens.
// Threading: blocks; not for an event loop.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace souk {

// The error is a sentence with the path and the system's reason, which distinguishes a missing
// file, a forbidden one and a folder.
std::expected<std::string, std::string> read_file(const std::filesystem::path& path);

}  // namespace souk
