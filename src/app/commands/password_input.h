// How a command is given a new password: never as an argument, which other users can read.
// Threading: the main thread.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "base/error.h"

namespace souk::app {

struct PasswordArguments {
  std::string file;
  bool make = false;
};

struct NewPassword {
  std::string text;
  bool is_made = false;  // its owner does not know it yet: print it, once
};

// --password-file and --make-password.
void add_password_options(CLI::App& command, PasswordArguments& arguments);

// Whether somebody can be asked.
bool has_terminal();

// Without either option it is asked for twice on the terminal, unseen. Errors: kInvalidRequest,
// also when there is no terminal.
Result<NewPassword> new_password(const PasswordArguments& arguments);

}  // namespace souk::app
