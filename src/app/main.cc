#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "app/argument_secrets.h"
#include "app/command_line.h"

namespace {

souk::app::Environment environment() {
  souk::app::Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != text.npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed peer fails the write instead
  try {
    std::vector<std::string> copied(arguments + 1, arguments + count);
    souk::app::hide_secrets({arguments + 1, arguments + count});
    return souk::app::run_command_line(std::move(copied), environment(), std::cout, std::cerr);
  } catch (const std::exception& error) {
    std::cerr << "souk: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
