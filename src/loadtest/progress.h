// Reports the progress of a run, from the recorders of its threads.
// Threading: one thread; the recorders may be written meanwhile. Ownership: borrows them.
#pragma once

#include <chrono>
#include <list>
#include <string>

#include "loadtest/recorder.h"

namespace souk::loadtest {

class Progress {
 public:
  explicit Progress(const std::list<Recorder>& recorders) : recorders_(recorders) {}

  // One line about the time since the last call.
  std::string line(std::chrono::nanoseconds elapsed);

 private:
  const std::list<Recorder>& recorders_;
  std::chrono::nanoseconds last_{};
  EndpointRecord last_overall_;
};

}  // namespace souk::loadtest
