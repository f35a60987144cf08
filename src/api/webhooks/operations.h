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
    .description = "In the order they were made; without their secrets.",
    .path = "/api/webhooks",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 2,
    .answers = {all<webhooks::Endpoint>("All of them.")}};

inline constexpr Operation kAddWebhook{
    .name = "addWebhook",
    .tag = Tag::kWebhooks,
    .summary = "Have a URL told of events",
    .description =
        "Each event is sent as a POST of {id, type, createdAt, data}, at least once; 2xx takes it, "
        "anything else has it sent again later. Souk-Event-Id is the same each time. "
        "Souk-Signature is t=SECONDS,v1=HEX, HEX being HMAC-SHA256 over SECONDS.BODY with the "
        "secret as key; refuse what is older than a few minutes. Events of one order come in "
        "order. Redirects are not followed; 410 disables the webhook, and so do days of failure.",
    .method = http::Method::kPost,
    .path = "/api/webhooks",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .takes = body<webhooks::EndpointDraft>(kMaxWebhookBytes),
    .answers = {one<NewWebhook>(201, "The webhook with its secret, which is shown this once.")},
    .refusals = {{ErrorCode::kLimitReached, "there are at most 100 webhooks."}}};

inline constexpr Operation kDeleteWebhook{
    .name = "deleteWebhook",
    .tag = Tag::kWebhooks,
    .summary = "Delete a webhook",
    .description = "What is still to be delivered to it is dropped.",
    .method = http::Method::kDelete,
    .path = "/api/webhooks/{id}",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 2,
    .answers = {nothing("Deleted.")}};

}  // namespace souk::api
