// The traces that this process keeps, and their export, on a thread of its own where there is a
// collector.
// Threading: created and stopped by the main thread; traces() from any thread. Ownership: borrows
// its arguments, which outlive it; outlives the users of traces().
#pragma once

#include <string>

#include "app/settings.h"
#include "runtime/workers.h"
#include "telemetry/log.h"
#include "telemetry/traces.h"

namespace souk::app {

class TraceNode {
 public:
  // `instance`: "host:port" of this node.
  TraceNode(const Settings& settings, std::string instance, telemetry::Registry& registry,
            telemetry::Log& log);
  TraceNode(const TraceNode&) = delete;
  TraceNode& operator=(const TraceNode&) = delete;

  telemetry::Traces& traces() { return traces_; }
  // Exports what waits, if the collector is there, and ends the thread.
  void stop();

 private:
  runtime::Task<void> work(runtime::Worker& worker);

  const std::string instance_;
  telemetry::Registry& registry_;
  telemetry::Log& log_;
  telemetry::Traces traces_;
  runtime::Workers worker_;  // last: runs with all of the above
};

}  // namespace souk::app
