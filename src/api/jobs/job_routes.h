// /api/jobs: the state of jobs, and replay and deletion of dead letters, for operators.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/jobs/queries.h"
#include "api/jobs/types.h"
#include "api/operation/routes.h"
#include "jobs/inspector.h"

namespace souk::api {

class JobRoutes {
 public:
  explicit JobRoutes(jobs::Inspector& inspector) : inspector_(inspector) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer list(runtime::Context& context, const http::Request& request);
  Answer list_dead(runtime::Context& context, const http::Request& request, DeadJobFilter filter);
  Answer replay_one(runtime::Context& context, const http::Request& request);
  Answer replay(runtime::Context& context, const http::Request& request, JobReplay wanted);
  Answer drop(runtime::Context& context, const http::Request& request);

  jobs::Inspector& inspector_;
};

}  // namespace souk::api
