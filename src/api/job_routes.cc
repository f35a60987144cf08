#include "api/job_routes.h"

#include <algorithm>

#include "api/bodies.h"
#include "api/parameters.h"
#include "base/json_writer.h"

namespace souk::api {

using http::Method;
using http::Request;
using http::Takes;
using jobs::store::DeadLetter;
using jobs::store::KindState;
using runtime::Context;

namespace {

using JobId = Id<struct JobTag>;

constexpr std::size_t kMaxReplayBytes = 4 * 1024;

void write(JsonWriter& json, const KindState& state) {
  json.begin_object();
  json.member("kind", state.kind);
  json.member("depth", state.depth);
  json.member("claimed", state.claimed);
  json.member("failing", state.failing);
  json.key("oldestAgeSeconds");
  if (state.oldest_age) {
    json.value(std::chrono::floor<std::chrono::seconds>(*state.oldest_age).count());
  } else {
    json.null();
  }
  json.member("dead", state.dead);
  json.end_object();
}

void write(JsonWriter& json, const DeadLetter& letter) {
  json.begin_object();
  json.member("id", letter.job.id);
  json.member("kind", letter.job.kind);
  json.member("aggregateId", letter.job.aggregate);
  json.key("payload");
  json.raw(letter.job.payload);
  json.member("attempts", letter.job.attempt);
  json.member("createdAt", letter.job.created_at);
  json.member("failedAt", letter.failed_at);
  json.member("lastError", letter.last_error);
  json.end_object();
}

http::Response replayed(std::int64_t count) {
  Buffer out(32);
  JsonWriter json(out);
  json.begin_object();
  json.member("replayed", count);
  json.end_object();
  return http::json(200, std::move(out));
}

}  // namespace

void JobRoutes::add_to(http::Routers& routers) {
  const auto add = [&](Operation<JobRoutes> operation, http::Route route) {
    route.access = kAdmin;
    route.priority = http::Priority::kOperator;
    route.served_on = http::ServedOn::kOperator;
    route.max_body_bytes = kMaxReplayBytes;
    route.statement_budget = 2;
    add_operation(routers, *this, operation, std::move(route));
  };
  using Routes = JobRoutes;
  add(&Routes::list, {.method = Method::kGet, .path = "/api/jobs", .name = "listJobs"});
  add(&Routes::list_dead, {.method = Method::kGet,
                           .path = "/api/jobs/dead",
                           .name = "listDeadJobs",
                           .query = {"kind"}});
  add(&Routes::replay_one,
      {.method = Method::kPost, .path = "/api/jobs/dead/{id}/replay", .name = "replayDeadJob"});
  add(&Routes::replay, {.method = Method::kPost,
                        .path = "/api/jobs/replays",
                        .name = "replayDeadJobs",
                        .takes = Takes::kBody});
  add(&Routes::drop,
      {.method = Method::kDelete, .path = "/api/jobs/dead/{id}", .name = "dropDeadJob"});
}

Answer JobRoutes::list(Context& context, const Request&) {
  const auto kinds = co_await inspector_.kinds(context);
  Buffer out(512);
  JsonWriter json(out);
  json.begin_object();
  json.key("items");
  json.begin_array();
  for (const auto& state : kinds) write(json, state);
  json.end_array();
  json.end_object();
  co_return http::json(200, std::move(out));
}

Answer JobRoutes::list_dead(Context& context, const Request& request) {
  const auto kind = job_kind(request);
  if (!kind) co_return std::unexpected(kind.error());
  const auto letters = co_await inspector_.dead_letters(context, *kind);
  Buffer out(512);
  JsonWriter json(out);
  json.begin_object();
  json.key("items");
  json.begin_array();
  for (const auto& letter : letters) write(json, letter);
  json.end_array();
  json.end_object();
  co_return http::json(200, std::move(out));
}

Answer JobRoutes::replay_one(Context& context, const Request& request) {
  const auto id = id_in_path<JobId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto count = co_await inspector_.replay(context, {.id = id->value, .kind = {}});
  if (count == 0) co_return fail(ErrorCode::kNotFound, "there is no dead job with this id");
  co_return replayed(count);
}

Answer JobRoutes::replay(Context& context, const Request& request) {
  auto wanted = read_body<JobReplay>(json_, request);
  if (!wanted) co_return std::unexpected(wanted.error());
  const jobs::store::Selection selection{.id = {}, .kind = std::move(wanted->kind)};
  co_return replayed(co_await inspector_.replay(context, selection));
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
