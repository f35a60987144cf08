// Whole files that people name: settings, budgets, tokens.
// Threading: blocks; not for an event loop.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace souk {

// The error is a sentence that names the path and the system's reason: missing, forbidden and a
// folder are three different mistakes.
std::expected<std::string, std::string> read_file(const std::filesystem::path& path);

}  // namespace souk
