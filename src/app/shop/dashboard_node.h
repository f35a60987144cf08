// The history of this node and the live updates of its dashboards, on a thread of its own.
// Threading: created and stopped by the main thread; source() from any thread. Ownership: borrows
// its arguments, which outlive it; outlives the users of source().
#pragma once

#include "app/settings.h"
#include "app/shop/offload_metrics.h"
#include "base/followed_clock.h"
#include "observe/history/history.h"
#include "runtime/offload.h"
#include "runtime/workers.h"
#include "site/dashboard.h"
#include "site/live.h"
#include "telemetry/log.h"
#include "telemetry/traces.h"

namespace souk::app {

class DashboardNode {
 public:
  // `name`: of this node, "host:port".
  DashboardNode(const Settings& settings, std::string name, const FollowedClock& clock,
                telemetry::Registry& registry, telemetry::Log& log,
                const telemetry::Traces& traces);
  DashboardNode(const DashboardNode&) = delete;
  DashboardNode& operator=(const DashboardNode&) = delete;

  site::DashboardSource source() { return {history_, live_, rendering_, registry_, traces_}; }
  // Stores the last seconds and ends the thread.
  void stop();

 private:
  runtime::Task<void> work(runtime::Worker& worker);
  void publish();

  const Settings& settings_;
  const FollowedClock& clock_;
  telemetry::Registry& registry_;
  telemetry::Log& log_;
  const telemetry::Traces& traces_;
  const telemetry::Budgets budgets_;
  observe::History history_;
  site::Live live_;
  runtime::Offload rendering_;
  OffloadMetrics rendering_metrics_;
  std::string state_;  // of the thread: the last event "state"
  int ticks_ = 0;
  runtime::Workers worker_;  // last: runs with all of the above
};

}  // namespace souk::app
