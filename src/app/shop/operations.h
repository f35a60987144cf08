// Endpoints for operators and monitoring: /healthz (this process runs) and /readyz (it can serve),
// the latter with reasons on the operator's address, which also has /metrics, /settings, /traces.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "app/settings.h"
#include "app/shop/database_watch.h"
#include "http/router.h"
#include "postgres/pool.h"
#include "redis/client.h"
#include "runtime/wait_queue.h"
#include "telemetry/metrics.h"
#include "telemetry/traces.h"

namespace souk::app {

class Operations {
 public:
  // `stopping` is set when the node begins to stop; `redis` is null without Redis.
  Operations(const runtime::Event& stopping, postgres::Pool& pool, const DatabaseWatch& database,
             const redis::Client* redis, telemetry::Registry& registry, const Settings& settings,
             const telemetry::Traces& traces)
      : stopping_(stopping),
        pool_(pool),
        database_(database),
        redis_(redis),
        registry_(registry),
        settings_(settings),
        traces_(traces) {}

  void add_routes(http::Routers& routers);

 private:
  runtime::Task<http::Response> health(runtime::Context& context, const http::Request& request);
  runtime::Task<http::Response> readiness(runtime::Context& context, const http::Request& request);
  runtime::Task<http::Response> reasons(runtime::Context& context, const http::Request& request);
  runtime::Task<http::Response> metrics(runtime::Context& context, const http::Request& request);
  // What a measurement of this node must name: its build, and the settings that are not the
  // defaults. Secrets are redacted.
  runtime::Task<http::Response> settings(runtime::Context& context, const http::Request& request);
  runtime::Task<http::Response> traces(runtime::Context& context, const http::Request& request);
  runtime::Task<http::Response> trace(runtime::Context& context, const http::Request& request);

  bool ready() const { return !stopping_.is_set() && pool_.reachable() && database_.usable(); }
  std::string_view status() const {
    return ready() ? "ready" : stopping_.is_set() ? "stopping" : "unavailable";
  }

  const runtime::Event& stopping_;
  postgres::Pool& pool_;
  const DatabaseWatch& database_;
  const redis::Client* redis_;
  telemetry::Registry& registry_;
  const Settings& settings_;
  const telemetry::Traces& traces_;
};

}  // namespace souk::app
