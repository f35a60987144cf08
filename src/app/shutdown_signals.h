// Lets the main thread wait for SIGINT and SIGTERM synchronously.
// Threading: created by the main thread before any other thread, so that all inherit the mask; used
// by the main thread. Ownership: the signals stay blocked until the process ends.
#pragma once

#include <chrono>

namespace souk::app {

class ShutdownSignals {
 public:
  ShutdownSignals();
  // The received signal, or 0 after `bound`.
  int wait(std::chrono::milliseconds bound);
};

}  // namespace souk::app
