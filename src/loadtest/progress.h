// Reports the progress of a run, from the recordings of its threads.
// Threading: one thread; the recordings may be written meanwhile. Ownership: borrows them.
#pragma once

#include <chrono>
#include <list>
#include <string>

#include "loadtest/recorder.h"

namespace souk::loadtest {

class Progress {
 public:
  explicit Progress(const std::list<Recording>& recordings) : recordings_(recordings) {}

  // One line about the time since the last call.
  std::string line(std::chrono::nanoseconds elapsed);

 private:
  const std::list<Recording>& recordings_;
  std::chrono::nanoseconds last_{};
  EndpointRecord last_overall_;
};

}  // namespace souk::loadtest
