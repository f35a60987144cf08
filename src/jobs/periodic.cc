#include "jobs/periodic.h"

#include <algorithm>

#include "runtime/repeat.h"

namespace souk::jobs {

using runtime::Context;
using runtime::Task;
using std::chrono::milliseconds;

namespace {

auto now() { return std::chrono::steady_clock::now(); }

}  // namespace

PeriodicRunner::PeriodicRunner(runtime::Loop& loop, postgres::Pool& pool,
                               std::vector<Periodic> jobs, telemetry::Registry& registry,
                               telemetry::Log& log)
    : pool_(pool),
      log_(log),
      looking_(log, registry.cell(kMetrics.failures, {"periodic"}), exchange_events("periodic")),
      ending_(log, registry.cell(kMetrics.failures, {"end_periodic"}),
              exchange_events("end_periodic")),
      stopped_(loop),
      scope_(loop) {
  for (const auto& periodic : jobs) {
    entries_.emplace_back(periodic, registry);
    names_.emplace_back(periodic.name);
    tick_ = std::min(tick_, std::max(milliseconds(10), periodic.interval / 4));
  }
}

Task<void> PeriodicRunner::run() {
  if (!entries_.empty()) {
    co_await runtime::repeat(stopped_, {.interval = tick_}, looking_,
                             [this] { return begin_due(); });
  }
  co_await scope_.join();
}

Task<void> PeriodicRunner::begin_due() {
  Context context{.deadline = now() + kRunTimeout};
  if (!declared_) {
    std::vector<std::int64_t> intervals;
    for (const auto& entry : entries_) intervals.push_back(entry.periodic.interval.count());
    co_await store::declare(pool_, context, names_, intervals);
    declared_ = true;
  }
  // Longer than a run may take, so that the end of a run is recorded before its lease ends.
  const auto due =
      co_await store::begin_due(pool_, context, names_, kRunTimeout + std::chrono::seconds(10));
  for (const auto& run : due) {
    auto& entry =
        entries_[static_cast<std::size_t>(std::ranges::find(names_, run.name) - names_.begin())];
    scope_.spawn(run_once(entry, run));
  }
}

Task<void> PeriodicRunner::run_once(Entry& entry, store::PeriodicRun run) {
  Context context{.deadline = now() + kRunTimeout};
  std::optional<std::string> error;
  try {
    co_await entry.periodic.job->run(context);
  } catch (const std::exception& failure) {
    error = failure.what();
    log_.warning("periodic_job_failed",
                 {{"name", entry.periodic.name}, {"reason", std::string_view(*error)}});
  }
  (error ? entry.failed : entry.done).increment();
  Context last{.deadline = now() + std::chrono::seconds(5)};
  try {
    co_await store::end_run(pool_, last, run, error);
    ending_.succeeded();
  } catch (const std::exception& error) {  // the run's lease expires
    ending_.failed(error);
  }
}

}  // namespace souk::jobs
