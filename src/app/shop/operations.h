// What operators and their machines ask: /healthz (this process runs), /readyz (it can serve) and
// /metrics.
// Threading: one per worker. Ownership: borrows pool, Redis client and registry, which outlive it.
#pragma once

#include "http/router.h"
#include "postgres/pool.h"
#include "redis/client.h"
#include "telemetry/metrics.h"

namespace souk::app {

class Operations {
 public:
  // `redis` may be null: there is none.
  Operations(postgres::Pool& pool, const redis::Client* redis, telemetry::Registry& registry)
      : pool_(pool), redis_(redis), registry_(registry) {}

  void add_routes(http::Router& router);

 private:
  runtime::Task<http::Response> health(runtime::Context& context, const http::Request& request);
  runtime::Task<http::Response> readiness(runtime::Context& context, const http::Request& request);
  runtime::Task<http::Response> metrics(runtime::Context& context, const http::Request& request);

  postgres::Pool& pool_;
  const redis::Client* redis_;
  telemetry::Registry& registry_;
};

}  // namespace souk::app
