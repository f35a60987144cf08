#include "app/shop/trace_node.h"

#include "observe/traces/exporter.h"

namespace souk::app {

TraceNode::TraceNode(const Settings& settings, std::string instance, telemetry::Registry& registry,
                     telemetry::Log& log)
    : instance_(std::move(instance)),
      registry_(registry),
      log_(log),
      traces_(settings.tracing, registry),
      worker_(
          settings.tracing.exports() ? 1 : 0,
          [this](runtime::Worker& worker) { return work(worker); }, "traces") {}

void TraceNode::stop() {
  worker_.stop();
  worker_.join();
}

runtime::Task<void> TraceNode::work(runtime::Worker& worker) {
  observe::Exporter exporter(traces_, instance_, {worker.loop, registry_, log_});
  co_await exporter.run(worker.stopping);
}

}  // namespace souk::app
