// Hides secrets in the arguments, which every user of the machine can read in the process table.
#pragma once

#include <span>

namespace souk::app {

// Overwrites in place the values of secret settings and anything like a password in a URL or a
// connection string. Copy the arguments before. The environment is an alternative that only the
// same user can read.
void hide_secrets(std::span<char* const> arguments);

}  // namespace souk::app
