// Reports failures of a repeated operation: each is counted, and the log has a line when failures
// begin and one when they end. Unreachable infrastructure (a Failure) is a warning; anything else
// may be a defect and is an error, even while the infrastructure is unreachable.
// Threading: one loop. Ownership: borrows log and counter; all names are static text.
#pragma once

#include <exception>
#include <string_view>
#include <utility>

#include "base/failures.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::telemetry {

// `what` distinguishes reporters of the same events.
struct FailureEvents {
  std::string_view failed;
  std::string_view resumed;
  std::string_view what;
};

class FailureReporter {
 public:
  FailureReporter(Log& log, Counter& counter, FailureEvents events)
      : log_(log), counter_(counter), events_(events) {}

  void failed(const std::exception& error) {
    counter_.increment();
    const bool away = dynamic_cast<const Failure*>(&error) != nullptr;
    if (std::exchange(away ? away_ : broken_, true)) return;
    log_.write(away ? LogLevel::kWarning : LogLevel::kError, events_.failed,
               {{"what", events_.what}, {"reason", error.what()}});
  }
  void succeeded() {
    if (!away_ && !broken_) return;
    away_ = broken_ = false;
    log_.info(events_.resumed, {{"what", events_.what}});
  }

 private:
  Log& log_;
  Counter& counter_;
  const FailureEvents events_;
  bool away_ = false;
  bool broken_ = false;
};

}  // namespace souk::telemetry
