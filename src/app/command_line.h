// The command line of `souk`: reads the arguments, then runs the command they name.
// Threading: the main thread.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "app/settings.h"

namespace souk::app {

// `arguments` is without the program's name. Returns the exit status: what the command gives, or
// kExitUsage after one line on `err` that names the flag. Throws what the command throws.
int run_command_line(std::vector<std::string> arguments, Environment environment, std::ostream& out,
                     std::ostream& err);

}  // namespace souk::app
