#include "api/webhooks/webhook_routes.h"

#include "api/operation/cursor.h"
#include "api/operation/parameters.h"
#include "api/webhooks/operations.h"
#include "api/wire/wire.h"

namespace souk::api {

using http::Request;
using runtime::Context;

void WebhookRoutes::each(auto add) {
  add(kListWebhooks, &WebhookRoutes::list);
  add(kAddWebhook, &WebhookRoutes::add);
  add(kEnableWebhook, &WebhookRoutes::enable);
  add(kReplaceWebhookSecret, &WebhookRoutes::replace_secret);
  add(kTestWebhook, &WebhookRoutes::test);
  add(kListWebhookDeliveries, &WebhookRoutes::deliveries);
  add(kDeleteWebhook, &WebhookRoutes::remove);
}

void WebhookRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void WebhookRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer WebhookRoutes::add(Context& context, const Request&, webhooks::EndpointDraft draft) {
  const auto made = co_await webhooks_.add(context, std::move(draft));
  if (!made) co_return std::unexpected(made.error());
  co_return http::json(201, body_of(NewWebhook{*made}));
}

Answer WebhookRoutes::list(Context& context, const Request&) {
  co_return http::json(200, page_of(co_await webhooks_.list(context)));
}

Answer WebhookRoutes::enable(Context& context, const Request& request) {
  const auto id = id_in_path<webhooks::EndpointId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto enabled = co_await webhooks_.enable(context, *id);
  if (!enabled) co_return std::unexpected(enabled.error());
  co_return http::json(200, body_of(*enabled));
}

Answer WebhookRoutes::replace_secret(Context& context, const Request& request) {
  const auto id = id_in_path<webhooks::EndpointId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto replaced = co_await webhooks_.replace_secret(context, *id);
  if (!replaced) co_return std::unexpected(replaced.error());
  co_return http::json(
      200, body_of(ReplacedSecret{std::move(replaced->endpoint), replaced->previous_until}));
}

Answer WebhookRoutes::test(Context& context, const Request& request) {
  const auto id = id_in_path<webhooks::EndpointId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto event = co_await webhooks_.test(context, *id);
  if (!event) co_return std::unexpected(event.error());
  co_return http::json(202, body_of(WebhookTest{*event}));
}

Answer WebhookRoutes::deliveries(Context& context, const Request& request,
                                 DeliveryListing listing) {
  const auto id = id_in_path<webhooks::EndpointId>(request);
  if (!id) co_return std::unexpected(id.error());
  std::optional<webhooks::DeliveryId> before;
  if (listing.cursor) {
    before = decode_delivery_cursor(*listing.cursor);
    if (!before) co_return refuse_cursor();
  }
  const auto page = co_await webhooks_.deliveries(context, *id, before, listing.limit);
  if (!page) co_return std::unexpected(page.error());
  co_return http::json(200, page_of(page->items, cursor_text(page->next)));
}

Answer WebhookRoutes::remove(Context& context, const Request& request) {
  const auto id = id_in_path<webhooks::EndpointId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto removed = co_await webhooks_.remove(context, *id);
  if (!removed) co_return std::unexpected(removed.error());
  co_return http::no_content();
}

}  // namespace souk::api
