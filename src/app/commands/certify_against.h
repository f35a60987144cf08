// `souk certify --against`: a part of the command `certify`.
// Threading: the main thread.
#pragma once

#include "app/commands/command.h"

namespace souk::app {

// Gives `certify` its options that compare with a shop of another make.
void add_certify_against(CLI::App& certify, Invocation& invocation);

}  // namespace souk::app
