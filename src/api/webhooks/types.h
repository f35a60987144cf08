// Webhooks, as they look on the wire.
// Threading: constants.
#pragma once

#include "api/wire/describe.h"
#include "orders/events.h"
#include "webhooks/types.h"

namespace souk::api {

// A new webhook with its secret, which is shown once.
struct NewWebhook : webhooks::Endpoint {};

inline constexpr Facets kEventKinds{.min_length = 1,
                                    .max_length = orders::kEventKinds.size(),
                                    .names = orders::kEventKinds,
                                    .unique = true};

inline constexpr auto kWebhookMembers =
    std::tuple{field("id", &webhooks::Endpoint::id),
               field("url", &webhooks::Endpoint::url),
               field("events", &webhooks::Endpoint::kinds, kEventKinds),
               field("isActive", &webhooks::Endpoint::is_active),
               field("disabledReason", &webhooks::Endpoint::disabled_reason,
                     {.meaning = "Why nothing is sent any more."}),
               field("failingSince", &webhooks::Endpoint::failing_since,
                     {.meaning = "null if the last delivery succeeded."}),
               field("createdAt", &webhooks::Endpoint::created_at)};

template <>
inline constexpr auto describe<webhooks::Endpoint> =
    object({.name = "Webhook", .meaning = "A URL that events are sent to."}, kWebhookMembers);

inline constexpr auto kWebhookSecret = field(
    "secret", &webhooks::Endpoint::secret,
    {.meaning = "Shown only once.", .pattern = "^whsec_[A-Za-z0-9_-]{43}$", .is_secret = true});

template <>
inline constexpr auto describe<NewWebhook> =
    object({.name = "NewWebhook",
            .meaning = "A webhook and the secret that its deliveries are signed with."},
           std::tuple_cat(kWebhookMembers, std::tuple{kWebhookSecret}));

// A webhook with the secret that has replaced another.
struct ReplacedSecret : webhooks::Endpoint {
  Timestamp previous_until;
};

template <>
inline constexpr auto describe<ReplacedSecret> = object(
    {.name = "ReplacedWebhookSecret", .meaning = "A webhook and its new secret."},
    std::tuple_cat(
        kWebhookMembers,
        std::tuple{kWebhookSecret, field("previousSignsUntil", &ReplacedSecret::previous_until,
                                         {.meaning = "Until when the replaced one signs too."})}));

template <>
inline constexpr auto describe<webhooks::Delivery> = object(
    {.name = "WebhookDelivery", .meaning = "What became of an event that was sent to a webhook."},
    field("id", &webhooks::Delivery::id),
    field("eventId", &webhooks::Delivery::event_id, {.meaning = "`id` in the body that is sent."}),
    field("event", &webhooks::Delivery::event, {.meaning = "`type` in the body that is sent."}),
    field(
        "state", &webhooks::Delivery::state, webhooks::kDeliveryStateNames,
        {.meaning = "`failed`: all attempts, or answered 410; `dropped`: the webhook was disabled "
                    "before it could be sent."}),
    field("attempts", &webhooks::Delivery::attempts, {.minimum = 0}),
    field("status", &webhooks::Delivery::status,
          {.meaning = "Of the last answer; null if none came."}),
    field("error", &webhooks::Delivery::error, {.meaning = "Why none came."}),
    field("createdAt", &webhooks::Delivery::created_at),
    field("attemptedAt", &webhooks::Delivery::attempted_at, {.meaning = "The last time."}));

// A test event that is on its way.
struct WebhookTest {
  Uuid event_id;
};

template <>
inline constexpr auto describe<WebhookTest> =
    object({.name = "WebhookTest", .meaning = "A test event that is on its way."},
           field("eventId", &WebhookTest::event_id, {.meaning = "`id` in the body that is sent."}));

template <>
inline constexpr auto describe<webhooks::EndpointDraft> = object(
    {.name = "WebhookDraft",
     .meaning = "A URL, and the events to send to it.",
     .example = R"({"url":"https://example.com/souk","events":["order.placed"]})"},
    field("url", &webhooks::EndpointDraft::url,
          {.meaning = "https://, without user, password or fragment, and of a public address.",
           .max_length = webhooks::kMaxUrlBytes}),
    field("events", &webhooks::EndpointDraft::kinds, kEventKinds));

}  // namespace souk::api
