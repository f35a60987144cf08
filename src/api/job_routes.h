// /api/jobs: what operators see of the jobs, and do about those that were given up.
// Threading: one per worker. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include "api/operation.h"
#include "jobs/inspector.h"

namespace souk::api {

class JsonInput;

class JobRoutes {
 public:
  JobRoutes(jobs::Inspector& inspector, JsonInput& json) : inspector_(inspector), json_(json) {}

  void add_to(http::Routers& routers);

 private:
  Answer list(runtime::Context& context, const http::Request& request);
  Answer list_dead(runtime::Context& context, const http::Request& request);
  Answer replay_one(runtime::Context& context, const http::Request& request);
  Answer replay(runtime::Context& context, const http::Request& request);
  Answer drop(runtime::Context& context, const http::Request& request);

  jobs::Inspector& inspector_;
  JsonInput& json_;
};

}  // namespace souk::api
