#include "api/webhook_routes.h"

#include "api/bodies.h"
#include "api/parameters.h"
#include "api/wire.h"

namespace souk::api {

using http::Method;
using http::Priority;
using http::Request;
using http::Takes;
using runtime::Context;

namespace {

constexpr std::size_t kMaxWebhookBytes = 8 * 1024;

void write_members(JsonWriter& json, const webhooks::Endpoint& endpoint) {
  json.member("id", endpoint.id.value);
  json.member("url", endpoint.url);
  json.key("events");
  json.begin_array();
  for (const auto& kind : endpoint.kinds) json.value(kind);
  json.end_array();
  json.member("isActive", endpoint.is_active);
  json.key("disabledReason");
  endpoint.disabled_reason ? json.value(*endpoint.disabled_reason) : json.null();
  json.key("failingSince");
  endpoint.failing_since ? json.value(*endpoint.failing_since) : json.null();
  json.member("createdAt", endpoint.created_at);
}

}  // namespace

void WebhookRoutes::add_to(http::Routers& routers) {
  const auto add_route = [&](Operation<WebhookRoutes> operation, http::Route route) {
    route.max_body_bytes = kMaxWebhookBytes;
    add_operation(routers, *this, operation, std::move(route));
  };
  const std::string webhooks = "/api/webhooks";
  using Routes = WebhookRoutes;
  add_route(&Routes::add, {.method = Method::kPost,
                           .path = webhooks,
                           .name = "addWebhook",
                           .access = kAdmin,
                           .priority = Priority::kOperator,
                           .statement_budget = 3,
                           .takes = Takes::kBody});
  add_route(&Routes::list, {.method = Method::kGet,
                            .path = webhooks,
                            .name = "listWebhooks",
                            .access = kAdmin,
                            .priority = Priority::kOperator,
                            .statement_budget = 2});
  add_route(&Routes::remove, {.method = Method::kDelete,
                              .path = webhooks + "/{id}",
                              .name = "deleteWebhook",
                              .access = kAdmin,
                              .priority = Priority::kOperator,
                              .statement_budget = 2});
}

Answer WebhookRoutes::add(Context& context, const Request& request) {
  auto draft = read_body<webhooks::EndpointDraft>(json_, request);
  if (!draft) co_return std::unexpected(draft.error());
  const auto made = co_await webhooks_.add(context, *std::move(draft));
  if (!made) co_return std::unexpected(made.error());
  Buffer out(512);
  JsonWriter json(out);
  json.begin_object();
  write_members(json, *made);
  json.member("secret", made->secret);  // shown this once
  json.end_object();
  co_return http::json(201, std::move(out));
}

Answer WebhookRoutes::list(Context& context, const Request&) {
  const auto endpoints = co_await webhooks_.list(context);
  Buffer out(512 * (endpoints.size() + 1));
  JsonWriter json(out);
  json.begin_object();
  json.key("items");
  json.begin_array();
  for (const auto& endpoint : endpoints) {
    json.begin_object();
    write_members(json, endpoint);
    json.end_object();
  }
  json.end_array();
  json.key("nextCursor");
  json.null();
  json.end_object();
  co_return http::json(200, std::move(out));
}

Answer WebhookRoutes::remove(Context& context, const Request& request) {
  const auto id = id_in_path<webhooks::EndpointId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto removed = co_await webhooks_.remove(context, *id);
  if (!removed) co_return std::unexpected(removed.error());
  co_return http::no_content();
}

}  // namespace souk::api
