// This node among those that claim jobs: its lease, and what it takes over from those that have
// lost theirs.
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

  // `changed` is called when there is a lease again, and when jobs of others were freed: whatever
  // was found before is to be looked for anew.
  Claimer(runtime::Loop& loop, postgres::Pool& pool, std::chrono::milliseconds lease,
          NodeMetrics& metrics, telemetry::Log& log, std::function<void()> changed);

  // Enlists, renews, and takes over from others, until stop().
  runtime::Task<void> run();
  void stop() { stopped_.set(); }

  // Nothing between a lease that was lost and the next.
  std::optional<store::ClaimerId> id() const { return id_; }
  bool has_lease(Time until) const { return id_ && until <= leased_until_; }

  // Frees what this node has claimed and does not hold in its lanes: what a lost answer told of,
  // and what a crash of the server brought back. Throws as the pool does.
  runtime::Task<void> free_all_but(const Lanes& lanes);
  // REQUIRES: nothing is held.
  runtime::Task<void> leave();

 private:
  runtime::Task<void> keep_lease();
  runtime::Task<void> renew();
  runtime::Task<void> keep_taking_over();
  runtime::Task<void> take_over();
  runtime::Task<void> free(const store::Whose& whose);

  postgres::Pool& pool_;
  const std::chrono::milliseconds lease_;
  NodeMetrics& metrics_;
  telemetry::Log& log_;
  telemetry::FailureReporter renewing_;
  telemetry::FailureReporter taking_over_;
  const std::function<void()> changed_;

  std::optional<store::ClaimerId> id_;
  Time leased_until_{};
  bool look_for_orphans_ = true;  // of claimers that are not there any more
  runtime::Event stopped_;
  runtime::Scope scope_;
};

}  // namespace souk::jobs
