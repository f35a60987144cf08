// The base of all commands. A command is one file, commands/NAME.cc, with one function
// add_NAME(app, invocation), declared in commands.h and called by command_line.cc. It adds a
// subcommand that, when chosen, sets invocation.run; nothing runs while the command line is being
// parsed.
// Threading: the main thread. Ownership: invocation and app outlive the command.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "app/settings.h"

namespace souk::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // the command line or a setting is wrong

struct Invocation {
  Environment environment;
  std::ostream& out;
  std::ostream& err;
  std::function<int()> run = {};  // returns the exit status
};

// How unknown environment variables are reported: printed by this function, or logged by `run`,
// whose standard error is a log.
enum class Warnings : std::uint8_t { kPrinted, kLogged };

// Gives `command` the flags --config and --set and the own flags of the settings listed by key
// ("http.port"), and makes it call `run` with the effective settings; an invalid setting is
// reported and ends with kExitUsage instead. Use nothing of the invocation before `run`.
void run_with_settings(CLI::App& command, Invocation& invocation,
                       const std::vector<std::string>& keys,
                       std::function<int(const EffectiveSettings&)> run,
                       Warnings warnings = Warnings::kPrinted);

// The same for a command that needs database.url.
void run_with_database(CLI::App& command, Invocation& invocation,
                       std::function<int(const Settings&)> run);

}  // namespace souk::app
