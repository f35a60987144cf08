// /api/webhooks.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/operation/routes.h"
#include "api/webhooks/queries.h"
#include "webhooks/webhooks.h"

namespace souk::api {

class WebhookRoutes {
 public:
  explicit WebhookRoutes(webhooks::Webhooks& webhooks) : webhooks_(webhooks) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer add(runtime::Context& context, const http::Request& request,
             webhooks::EndpointDraft draft);
  Answer list(runtime::Context& context, const http::Request& request);
  Answer enable(runtime::Context& context, const http::Request& request);
  Answer replace_secret(runtime::Context& context, const http::Request& request);
  Answer test(runtime::Context& context, const http::Request& request);
  Answer deliveries(runtime::Context& context, const http::Request& request,
                    DeliveryListing listing);
  Answer remove(runtime::Context& context, const http::Request& request);

  webhooks::Webhooks& webhooks_;
};

}  // namespace souk::api
