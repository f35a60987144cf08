// /api/webhooks.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/webhooks/queries.h"
#include "api/webhooks/types.h"
#include "webhooks/error_codes.h"

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
        "Each event is sent as a POST, as `webhooks` of this document says, at least once; after "
        "any "
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

inline constexpr Operation kEnableWebhook{
    .name = "enableWebhook",
    .tag = Tag::kWebhooks,
    .summary = "Enable a webhook that was disabled",
    .description = "Events that happened while it was disabled are not sent.",
    .method = http::Method::kPost,
    .path = "/api/webhooks/{id}/enable",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 2,
    .answers = {one<webhooks::Endpoint>(200, "The webhook.")}};

inline constexpr Operation kReplaceWebhookSecret{
    .name = "replaceWebhookSecret",
    .tag = Tag::kWebhooks,
    .summary = "Replace a webhook's secret",
    .description =
        "For 24 hours, until `previousSignsUntil`, Souk-Signature has a second v1, "
        "of "
        "the replaced secret; a secret that was replaced before ends at once.",
    .method = http::Method::kPost,
    .path = "/api/webhooks/{id}/secret",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 2,
    .answers = {
        one<ReplacedSecret>(200, "The webhook with its new secret, which is shown only once.")}};

inline constexpr Operation kTestWebhook{
    .name = "testWebhook",
    .tag = Tag::kWebhooks,
    .summary = "Send a webhook a test event",
    .description =
        "An event of type `webhook.test`, with empty `data`, is sent, signed and sent again "
        "as any other.",
    .method = http::Method::kPost,
    .path = "/api/webhooks/{id}/test",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .answers = {one<WebhookTest>(202, "The event is on its way.")},
    .refusals = {{webhooks::errors::kWebhookDisabled, "it must be enabled first."}}};

inline constexpr Operation kListWebhookDeliveries{
    .name = "listWebhookDeliveries",
    .tag = Tag::kWebhooks,
    .summary = "List what was sent to a webhook",
    .description =
        "The newest event first, each from its first attempt on, for as long as the shop keeps "
        "them "
        "(`webhooks.delivery_retention`).",
    .path = "/api/webhooks/{id}/deliveries",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .query = &kComponent<DeliveryListing>,
    .answers = {page<webhooks::Delivery>("A page.")}};

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
