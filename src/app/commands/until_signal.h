// Work that a signal ends early, with its report.
// Threading: the main thread, before any other exists; a thread of its own waits for signals.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "app/shutdown_signals.h"

namespace souk::app {

// Calls work(stop); the first SIGINT or SIGTERM sets `stop`.
template <class Work>
int until_signal(Work&& work) {
  constexpr std::chrono::milliseconds kSignalPoll{200};
  ShutdownSignals signals;
  std::atomic<bool> stop = false;
  const std::jthread watcher([&](const std::stop_token& finished) {
    while (!finished.stop_requested()) {
      if (signals.wait(kSignalPoll) != 0) stop = true;
    }
  });
  return work(stop);
}

}  // namespace souk::app
