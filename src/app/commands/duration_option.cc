#include "app/commands/duration_option.h"

#include <fmt/format.h>

#include "base/parse.h"

namespace souk::app {

std::chrono::microseconds read_duration(const std::string& flag, const std::string& text) {
  if (text == "0") return {};
  const auto duration = parse_duration(text);
  if (!duration) {
    throw CLI::ValidationError(flag, fmt::format("\"{}\" must be a duration such as 90s", text));
  }
  return *duration;
}

}  // namespace souk::app
