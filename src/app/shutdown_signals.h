// SIGINT and SIGTERM as something the main thread waits for instead of being interrupted by.
// Threading: made by the main thread before it starts any other, so that all inherit the mask;
// used by the main thread. Ownership: the signals stay blocked until the process ends.
#pragma once

#include <chrono>

namespace souk::app {

class ShutdownSignals {
 public:
  ShutdownSignals();
  // The signal that came, or 0 when the time passed first.
  int wait(std::chrono::milliseconds bound);
};

}  // namespace souk::app
