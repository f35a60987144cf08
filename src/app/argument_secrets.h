// Arguments stand in the process table, where every user of the machine reads them.
#pragma once

#include <span>

namespace souk::app {

// Overwrites, where they stand, the values of secret settings and whatever looks like a password in
// a URL or a keyword string. The arguments must have been copied before. The environment is another
// way to give them, which only the same user can read.
void hide_secrets(std::span<char* const> arguments);

}  // namespace souk::app
