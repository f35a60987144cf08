// Suggestions for mistyped names.
// Threading: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace souk::app {

// "; did you mean --port?", or nothing if no candidate is similar.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

}  // namespace souk::app
