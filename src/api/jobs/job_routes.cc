#include "api/jobs/job_routes.h"

#include "api/jobs/operations.h"
#include "api/operation/parameters.h"
#include "api/wire/wire.h"

namespace souk::api {

using http::Request;
using runtime::Context;

namespace {

using JobId = Id<struct JobTag>;

http::Response run_again(std::int64_t count) {
  return http::json(200, body_of(JobsReplayed{count}));
}

}  // namespace

void JobRoutes::each(auto add) {
  add(kListJobs, &JobRoutes::list);
  add(kListDeadJobs, &JobRoutes::list_dead);
  add(kReplayDeadJob, &JobRoutes::replay_one);
  add(kReplayDeadJobs, &JobRoutes::replay);
  add(kDropDeadJob, &JobRoutes::drop);
}

void JobRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void JobRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer JobRoutes::list(Context& context, const Request&) {
  co_return http::json(200, page_of(co_await inspector_.kinds(context)));
}

Answer JobRoutes::list_dead(Context& context, const Request&, DeadJobFilter filter) {
  co_return http::json(200,
                       page_of(co_await inspector_.dead_letters(context, std::move(filter.kind))));
}

Answer JobRoutes::replay_one(Context& context, const Request& request) {
  const auto id = id_in_path<JobId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto count = co_await inspector_.replay(context, {.id = id->value, .kind = {}});
  if (count == 0) co_return fail(ErrorCode::kNotFound, "there is no dead job with this id");
  co_return run_again(count);
}

Answer JobRoutes::replay(Context& context, const Request&, JobReplay wanted) {
  const jobs::store::Selection selection{.id = {}, .kind = std::move(wanted.kind)};
  co_return run_again(co_await inspector_.replay(context, selection));
}

Answer JobRoutes::drop(Context& context, const Request& request) {
  const auto id = id_in_path<JobId>(request);
  if (!id) co_return std::unexpected(id.error());
  if (!co_await inspector_.drop(context, id->value)) {
    co_return fail(ErrorCode::kNotFound, "there is no dead job with this id");
  }
  co_return http::no_content();
}

}  // namespace souk::api
