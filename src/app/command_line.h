// The command line of `souk`: parses the arguments, then runs the command.
// Threading: the main thread.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "app/settings.h"

namespace souk::app {

// `arguments` excludes the program's name. Returns the command's exit status, or kExitUsage after
// one line on `err` that names the flag. Throws what the command throws.
int run_command_line(std::vector<std::string> arguments, Environment environment, std::ostream& out,
                     std::ostream& err);

}  // namespace souk::app
