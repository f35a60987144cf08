// A flag whose value is a duration such as 90s; 0 is allowed.
// Threading: the main thread. Ownership: the value outlives the command.
#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <string>

namespace souk::app {

// Throws CLI::ValidationError.
std::chrono::microseconds read_duration(const std::string& flag, const std::string& text);

template <class T>
CLI::Option* add_duration(CLI::App& command, const std::string& flag, T& value,
                          const std::string& help) {
  return command
      .add_option_function<std::string>(
          flag, [flag, &value](const std::string& text) { value = read_duration(flag, text); },
          help)
      ->type_name("DURATION");
}

}  // namespace souk::app
