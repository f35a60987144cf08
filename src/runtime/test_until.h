// Waiting for a condition in tests, with a limit. Only for tests.
#pragma once

#include <chrono>
#include <stdexcept>

#include "runtime/loop.h"
#include "runtime/task.h"

namespace souk::runtime {

inline constexpr std::chrono::seconds kTestPatience{60};

// Polls on the loop. Throws when the condition does not hold within kTestPatience.
template <class Condition>
Task<void> until(Loop& loop, Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + kTestPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) {
      throw std::runtime_error("the condition that a test waits for does not hold");
    }
    co_await loop.sleep(std::chrono::milliseconds(1));
  }
}

}  // namespace souk::runtime
