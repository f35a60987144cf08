// Lets the main thread wait for SIGINT, SIGTERM and SIGHUP synchronously.
// Threading: created by the main thread before any other thread, so that all inherit the mask; used
// by the main thread. Ownership: the signals stay blocked until the process ends.
#pragma once

#include <chrono>
#include <utility>

namespace souk::app {

class ShutdownSignals {
 public:
  ShutdownSignals();
  // The received signal, or 0 after `bound` or a request to reload.
  int wait(std::chrono::milliseconds bound);
  // From now on, SIGHUP asks to reload files. Before, it ends the process, as the terminal's end.
  void let_hangup_reload() { hangup_reloads_ = true; }
  // Whether that was asked for since the last call.
  bool take_reload() { return std::exchange(reload_, false); }

 private:
  bool hangup_reloads_ = false;
  bool reload_ = false;
};

}  // namespace souk::app
