// /api/webhooks.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/webhooks/types.h"

namespace souk::api {

inline constexpr std::size_t kMaxWebhookBytes = 8 * 1024;

inline constexpr Operation kListWebhooks{
    .name = "listWebhooks",
    .tag = Tag::kWebhooks,
    .summary = "List the webhooks",
    .description = "In the order of creation, without their secrets.",
    .path = "/api/webhooks",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 2,
    .answers = {all<webhooks::Endpoint>("All of them.")}};

inline constexpr Operation kAddWebhook{
    .name = "addWebhook",
    .tag = Tag::kWebhooks,
    .summary = "Register a webhook",
    .description =
        "Each event is sent as a POST of {id, type, createdAt, data}, at least once; after any "
        "status but 2xx it is sent again later. Souk-Event-Id is the same at each attempt. "
        "Souk-Signature is t=SECONDS,v1=HEX; HEX is HMAC-SHA256 over SECONDS.BODY with the secret "
        "as key. Reject signatures older than a few minutes. Events of one order are sent in "
        "order. Redirects are not followed; 410 disables the webhook, and so do days of failure.",
    .method = http::Method::kPost,
    .path = "/api/webhooks",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .takes = body<webhooks::EndpointDraft>(kMaxWebhookBytes),
    .answers = {one<NewWebhook>(201, "The webhook with its secret, which is shown only once.")},
    .refusals = {{ErrorCode::kLimitReached, "there are at most 100 webhooks."}}};

inline constexpr Operation kDeleteWebhook{.name = "deleteWebhook",
                                          .tag = Tag::kWebhooks,
                                          .summary = "Delete a webhook",
                                          .description = "Pending deliveries to it are dropped.",
                                          .method = http::Method::kDelete,
                                          .path = "/api/webhooks/{id}",
                                          .access = kAdmin,
                                          .priority = http::Priority::kOperator,
                                          .statements = 2,
                                          .answers = {nothing("Deleted.")}};

}  // namespace souk::api
