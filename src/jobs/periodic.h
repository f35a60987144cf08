// Runs periodic jobs, each once per interval on one of all nodes. A run begins an interval plus up
// to a tenth after the previous beginning; runs never overlap, and missed runs are skipped. When a
// node is lost during a run, the next one begins after kRunTimeout.
//
// Threading: a loop's. Ownership: borrows all it is made with, which outlives it; run() ends, after
// stop(), before it is destroyed.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "jobs/metrics.h"
#include "jobs/store.h"
#include "runtime/scope.h"
#include "telemetry/failure_reporter.h"
#include "telemetry/log.h"

namespace souk::jobs {

class PeriodicJob {
 public:
  virtual ~PeriodicJob() = default;
  // Must end by context.deadline. Throws when it failed; the next run begins at its usual time.
  virtual runtime::Task<void> run(runtime::Context& context) = 0;
};

struct Periodic {
  std::string_view name;  // static text
  std::chrono::milliseconds interval;
  PeriodicJob* job;
};

class PeriodicRunner {
 public:
  static constexpr std::chrono::seconds kRunTimeout{60};
  static constexpr std::chrono::milliseconds kMaxTick{1'000};  // how often due jobs are looked for

  PeriodicRunner(runtime::Loop& loop, postgres::Pool& pool, std::vector<Periodic> jobs,
                 telemetry::Registry& registry, telemetry::Log& log);

  runtime::Task<void> run();
  void stop() { stopped_.set(); }

 private:
  struct Entry {
    Periodic periodic;
    telemetry::Registry& registry;
    telemetry::Counter& done = registry.cell(kMetrics.periodic_runs, {periodic.name, "done"});
    telemetry::Counter& failed = registry.cell(kMetrics.periodic_runs, {periodic.name, "failed"});
  };
  runtime::Task<void> begin_due();
  runtime::Task<void> run_once(Entry& entry, store::PeriodicRun run);

  postgres::Pool& pool_;
  telemetry::Log& log_;
  telemetry::FailureReporter looking_;  // for what is due
  telemetry::FailureReporter ending_;   // a run: what became of it is written down
  std::vector<Entry> entries_;
  std::vector<std::string> names_;
  std::chrono::milliseconds tick_ = kMaxTick;
  bool declared_ = false;
  runtime::Event stopped_;
  runtime::Scope scope_;
};

}  // namespace souk::jobs
