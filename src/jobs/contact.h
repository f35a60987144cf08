// Whether the database answers the node's jobs: counts what fails, and tells the log when that
// begins and when it is over. Threading: the loop of the node's jobs.
#pragma once

#include <string_view>
#include <utility>

#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::jobs {

class Contact {
 public:
  explicit Contact(telemetry::Log& log) : log_(log) {}

  void failed(telemetry::Counter& counter, std::string_view reason) {
    counter.increment();
    if (!std::exchange(lost_, true)) log_.warning("jobs_cut_off", {{"reason", reason}});
  }
  void made() {
    if (std::exchange(lost_, false)) log_.info("jobs_resumed");
  }

 private:
  telemetry::Log& log_;
  bool lost_ = false;
};

}  // namespace souk::jobs
