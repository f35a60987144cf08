// This node's registration as a claimer of jobs: its lease, and the release of jobs whose claimer's
// lease has expired.
//
// Threading: the loop of the node's jobs. Ownership: borrows all it is made with, which outlives
// it; run() ends, after stop(), before it is destroyed.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "jobs/lanes.h"
#include "jobs/metrics.h"
#include "jobs/store.h"
#include "runtime/scope.h"
#include "runtime/wait_queue.h"
#include "telemetry/failure_reporter.h"

namespace souk::jobs {

class Claimer {
 public:
  static constexpr std::chrono::seconds kExchangeTimeout{10};
  static constexpr std::chrono::milliseconds kPauseAfterFailure{200};

  using Time = std::chrono::steady_clock::time_point;

  // `changed` is called when a new lease was taken and when jobs of others were released: the
  // search must then start over.
  Claimer(runtime::Loop& loop, postgres::Pool& pool, std::chrono::milliseconds lease,
          NodeMetrics& metrics, telemetry::Log& log, std::function<void()> changed);

  // Takes and renews the lease, and takes over from expired claimers, until stop().
  runtime::Task<void> run();
  void stop();

  // Nothing between the loss of a lease and the next one.
  std::optional<store::ClaimerId> id() const { return id_; }
  bool has_lease(Time until) const { return id_ && until <= leased_until_; }

  // Releases jobs claimed by this node that are not in its lanes: claims whose answer was lost, or
  // that a crash of the server brought back. Throws as the pool does.
  runtime::Task<void> release_all_except(const Lanes& lanes);
  // Deletes the lease. REQUIRES: no job is held.
  runtime::Task<void> leave();

 private:
  runtime::Task<void> renew();
  // False: there is no lease.
  runtime::Task<bool> take_over();
  runtime::Task<void> release(const store::ReleaseFilter& filter);

  postgres::Pool& pool_;
  const std::chrono::milliseconds lease_;
  NodeMetrics& metrics_;
  telemetry::Log& log_;
  telemetry::FailureReporter renewing_;
  telemetry::FailureReporter taking_over_;
  const std::function<void()> changed_;

  std::optional<store::ClaimerId> id_;
  Time leased_until_{};
  bool look_for_orphans_ = true;  // jobs whose claimer's row is gone
  runtime::Event stopped_;
  runtime::Event enlisted_;
  runtime::Scope scope_;
};

}  // namespace souk::jobs
