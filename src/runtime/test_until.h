// Waiting for a condition in tests, with a limit. Only for tests.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <source_location>
#include <stdexcept>

#include "runtime/loop.h"
#include "runtime/task.h"

namespace souk::runtime {

inline constexpr std::chrono::seconds kTestPatience{60};

// Polls on the loop. When the condition does not hold within kTestPatience, reports a failure at
// the caller's line and throws.
template <class Condition>
Task<void> until(Loop& loop, Condition condition,
                 std::source_location at = std::source_location::current()) {
  const auto give_up = std::chrono::steady_clock::now() + kTestPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) {
      ADD_FAILURE_AT(at.file_name(), static_cast<int>(at.line())) << "waited in vain";
      throw std::runtime_error("a test waited in vain");
    }
    co_await loop.sleep(std::chrono::milliseconds(1));
  }
}

}  // namespace souk::runtime
