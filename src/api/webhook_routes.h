// /api/webhooks.
// Threading: one per worker. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include "api/operation.h"
#include "webhooks/webhooks.h"

namespace souk::api {

class JsonInput;

class WebhookRoutes {
 public:
  WebhookRoutes(webhooks::Webhooks& webhooks, JsonInput& json) : webhooks_(webhooks), json_(json) {}

  void add_to(http::Routers& routers);

 private:
  Answer add(runtime::Context& context, const http::Request& request);
  Answer list(runtime::Context& context, const http::Request& request);
  Answer remove(runtime::Context& context, const http::Request& request);

  webhooks::Webhooks& webhooks_;
  JsonInput& json_;
};

}  // namespace souk::api
