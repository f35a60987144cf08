// Endpoints for operators and monitoring: /healthz (this process runs) and /readyz (it can serve),
// the latter with reasons on the operator's address, which also has /metrics, /settings, /traces.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "http/router.h"
#include "postgres/pool.h"
#include "redis/client.h"
#include "runtime/wait_queue.h"
#include "telemetry/traces.h"

namespace souk::app {

struct Node;

class Operations {
 public:
  // `stopping` is set when the node begins to stop; `redis` is null without Redis.
  Operations(const runtime::Event& stopping, const Node& node, postgres::Pool& pool,
             const redis::Client* redis, const telemetry::Traces& traces)
      : stopping_(stopping), node_(node), pool_(pool), redis_(redis), traces_(traces) {}

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

  bool ready() const;
  std::string_view status() const;

  const runtime::Event& stopping_;
  const Node& node_;
  postgres::Pool& pool_;
  const redis::Client* redis_;
  const telemetry::Traces& traces_;
};

}  // namespace souk::app
