// The jobs of this process, on a thread of their own: who handles which kind, and what is done
// periodically.
// Threading: made and stopped by the main thread; bell() is for any. Ownership: borrows all it is
// made with, which outlives it; outlives who rings.
#pragma once

#include "app/settings.h"
#include "base/followed_clock.h"
#include "jobs/doorbell.h"
#include "runtime/workers.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::app {

class JobsNode {
 public:
  JobsNode(const Settings& settings, const FollowedClock& clock, telemetry::Registry& registry,
           telemetry::Log& log);
  JobsNode(const JobsNode&) = delete;
  JobsNode& operator=(const JobsNode&) = delete;

  jobs::Doorbell& bell() { return bell_; }
  // Drains and ends the thread; to be called when nobody appends any more.
  void stop();

 private:
  runtime::Task<void> work(runtime::Worker& worker);

  const Settings& settings_;
  const FollowedClock& clock_;
  telemetry::Registry& registry_;
  telemetry::Log& log_;
  jobs::Doorbell bell_;
  runtime::Workers worker_;  // last: runs with all of the above
};

}  // namespace souk::app
