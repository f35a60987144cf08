#include "app/shop/operations.h"

#include "app/shop/node.h"
#include "base/json_writer.h"
#include "http/accept.h"
#include "http/problem.h"
#include "loadtest/build.h"
#include "observe/traces/trace_json.h"

namespace souk::app {

using http::Request;
using http::Response;
using runtime::Context;
using runtime::Task;

void Operations::add_routes(http::Routers& routers) {
  using enum http::ServedOn;
  const auto add = [&](http::ServedOn where, std::string path, std::string name,
                       Task<Response> (Operations::*answer)(Context&, const Request&)) {
    routers.add({.path = std::move(path),
                 .handler =
                     [this, answer](Context& context, const Request& request) {
                       return (this->*answer)(context, request);
                     },
                 .name = std::move(name),
                 .priority = http::Priority::kOperator,
                 .served_on = where});
  };
  add(kShop, "/healthz", "getHealth", &Operations::health);
  add(kShop, "/readyz", "getReadiness", &Operations::readiness);
  add(kOperator, "/healthz", "getHealth", &Operations::health);
  add(kOperator, "/readyz", "getReasons", &Operations::reasons);
  add(kOperator, "/metrics", "getMetrics", &Operations::metrics);
  add(kOperator, "/settings", "getSettings", &Operations::settings);
  add(kOperator, "/traces", "listTraces", &Operations::traces);
  add(kOperator, "/traces/{id}", "getTrace", &Operations::trace);
}

Task<Response> Operations::health(Context&, const Request&) {
  Buffer body;
  body.append(R"({"status":"ok"})");
  co_return http::json(200, std::move(body));
}

// PostgreSQL is required; Redis only improves speed.
bool Operations::ready() const {
  return !stopping_.is_set() && pool_.reachable() && node_.database.usable() &&
         node_.warm_up.ended();
}

std::string_view Operations::status() const {
  if (ready()) return "ready";
  if (stopping_.is_set()) return "stopping";
  return pool_.reachable() && node_.database.usable() ? "warming_up" : "unavailable";
}

Task<Response> Operations::readiness(Context&, const Request&) {
  Buffer body;
  JsonWriter json(body);
  json.begin_object();
  json.member("status", status());
  json.end_object();
  co_return http::json(ready() ? 200 : 503, std::move(body));
}

Task<Response> Operations::reasons(Context&, const Request&) {
  Buffer body;
  JsonWriter json(body);
  json.begin_object();
  json.member("status", status());
  json.key("dependencies");
  json.begin_object();
  json.member("postgresql",
              name_of(pool_.reachable() ? node_.database.state() : postgres::DatabaseState::kDown));
  json.member("redis", redis_ == nullptr ? "none" : redis_->state());
  json.end_object();
  json.end_object();
  co_return http::json(ready() ? 200 : 503, std::move(body));
}

// Exemplars are in OpenMetrics only, which Prometheus asks for.
Task<Response> Operations::metrics(Context&, const Request& request) {
  constexpr std::array<std::string_view, 2> kTypes = {"text/plain", "application/openmetrics-text"};
  const bool open = http::preferred_type(request.headers, kTypes) == 1;
  Response response;
  response.content_type =
      open ? telemetry::kOpenMetricsContentType : telemetry::kMetricsContentType;
  Buffer body;
  node_.registry.render(
      body, open ? telemetry::MetricFormat::kOpenMetrics : telemetry::MetricFormat::kPrometheus);
  response.body = http::Body(std::move(body));
  co_return response;
}

Task<Response> Operations::settings(Context&, const Request&) {
  Buffer body;
  JsonWriter json(body);
  json.begin_object();
  json.member("version", SOUK_VERSION);
  json.member("commit", loadtest::kCommit);
  json.member("buildType", loadtest::kBuildType);
  json.member("workers", worker_count(node_.settings));
  json.key("settings");
  json.begin_object();
  const Settings defaults;
  for (const auto& setting : all_settings()) {
    const auto text = setting.printed(node_.settings);
    if (text != setting.printed(defaults)) json.member(setting.key(), text);
  }
  json.end_object();
  json.end_object();
  co_return http::json(200, std::move(body));
}

Task<Response> Operations::traces(Context&, const Request&) {
  Response response{.content_type = http::kJsonType};
  response.body = http::Body(observe::traces_json(traces_.latest(), /*with_spans=*/false));
  co_return response;
}

Task<Response> Operations::trace(Context&, const Request& request) {
  const auto found = traces_.find(request.parameters["id"]);
  if (found.empty()) co_return http::problem(ErrorCode::kNotFound, "this node keeps no such trace");
  Response response{.content_type = http::kJsonType};
  response.body = http::Body(observe::traces_json(found, /*with_spans=*/true));
  co_return response;
}

}  // namespace souk::app
