// The job runner of this process, on a thread of its own: the handler of each kind, and the
// periodic jobs.
// Threading: created and stopped by the main thread; notifier() from any thread. Ownership: borrows
// its arguments, which outlive it; outlives the users of notifier().
#pragma once

#include "app/settings.h"
#include "base/followed_clock.h"
#include "jobs/notifier.h"
#include "mail/templates.h"
#include "runtime/workers.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"
#include "telemetry/traces.h"

namespace souk::app {

class JobsNode {
 public:
  // REQUIRES: the files of mail.templates_dir can be loaded.
  JobsNode(const Settings& settings, const FollowedClock& clock, telemetry::Registry& registry,
           telemetry::Log& log, telemetry::Traces& traces);
  JobsNode(const JobsNode&) = delete;
  JobsNode& operator=(const JobsNode&) = delete;

  jobs::Notifier& notifier() { return notifier_; }
  // Drains and ends the thread. REQUIRES: no more jobs are appended.
  void stop();

 private:
  runtime::Task<void> work(runtime::Worker& worker);

  const Settings& settings_;
  const FollowedClock& clock_;
  telemetry::Registry& registry_;
  telemetry::Log& log_;
  telemetry::Traces& traces_;
  const mail::Templates templates_;
  jobs::Notifier notifier_;
  runtime::Workers worker_;  // last: runs with all of the above
};

}  // namespace souk::app
