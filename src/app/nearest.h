// What somebody who mistyped a name most likely meant.
// Threading: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace souk::app {

// "; did you mean --port?", or nothing where no candidate is near.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

}  // namespace souk::app
