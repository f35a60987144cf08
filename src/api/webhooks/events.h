// What webhooks receive, for the OpenAPI document: orders/events.h and jobs/event.h write it.
// Threading: constants.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/document/openapi.h"
#include "api/orders/types.h"
#include "orders/events.h"
#include "webhooks/webhooks.h"

namespace souk::api {

struct EventItem : orders::OrderItem {};
struct EventShipment : orders::Shipment {};

struct EventData : orders::Order {
  std::vector<EventItem> items;
  std::optional<EventShipment> shipment;
  std::optional<Money> returned;
};

struct OrderEvent {
  Uuid id;
  std::string type;
  Timestamp created_at;
  EventData data;
};

struct TestEvent {
  Uuid id;
  std::string type;
  Timestamp created_at;
  RawJson data;
};

inline constexpr std::array kTestKinds = {webhooks::kTestKind};

template <>
inline constexpr auto describe<EventItem> = object(
    {.name = "EventItem", .meaning = "A line of an order, at the price it was sold for."},
    field("productId", &EventItem::product_id),
    field("productName", &EventItem::product_name, {.min_length = 1, .max_length = 200}),
    field("quantity", &EventItem::quantity, {.meaning = "Units.", .minimum = 1}),
    field("unitPrice", &EventItem::unit_price),
    field("shipped", &EventItem::shipped, {.meaning = "Units that were shipped.", .minimum = 0}));

template <>
inline constexpr auto describe<EventShipment> = object(
    {.name = "EventShipment", .meaning = "Units of an order that left the warehouse together."},
    field("id", &EventShipment::id), field("shippedAt", &EventShipment::shipped_at),
    field("carrier", &EventShipment::carrier, kCarrier),
    field("trackingNumber", &EventShipment::tracking_number, kTrackingNumber),
    field("trackingUrl", &EventShipment::tracking_url, kTrackingUrl),
    field("items", &EventShipment::items, {.min_length = 1, .max_length = orders::kMaxLines}));

template <>
inline constexpr auto describe<EventData> = object(
    {.name = "EventData", .meaning = "The order as the event left it."},
    field("orderId", &EventData::id), field("userId", &EventData::user_id),
    field("number", &EventData::number,
          {.meaning = "For people; null for orders of before there were numbers.",
           .pattern = kOrderNumberPattern}),
    field("email", &EventData::email, {.meaning = "The buyer's.", .max_length = 254}),
    field("total", &EventData::total), field("status", &EventData::status, orders::kStatusNames),
    field("deliveryAddress", &EventData::delivery_address,
          {.meaning = "Null if the order was placed without one."}),
    field("items", &EventData::items, {.min_length = 1, .max_length = orders::kMaxLines}),
    field("refunded", &EventData::refunded, {.meaning = "What was returned of the total."}),
    field("shipment", &EventData::shipment,
          {.meaning = "The one that left.", .presence = Presence::kOptional}),
    field("returned", &EventData::returned,
          {.meaning = "What this event returned: the part of `refunded` that is new.",
           .presence = Presence::kOptional}));

template <>
inline constexpr auto describe<OrderEvent> =
    object({.name = "OrderEvent", .meaning = "A step of an order."},
           field("id", &OrderEvent::id, {.meaning = "The same at each attempt."}),
           field("type", &OrderEvent::type, orders::kEventKinds),
           field("createdAt", &OrderEvent::created_at), field("data", &OrderEvent::data));

template <>
inline constexpr auto describe<TestEvent> =
    object({.name = "TestEvent", .meaning = "Sent when an administrator asks for it."},
           field("id", &TestEvent::id, {.meaning = "The same at each attempt."}),
           field("type", &TestEvent::type, kTestKinds), field("createdAt", &TestEvent::created_at),
           field("data", &TestEvent::data, {.meaning = "Empty."}));

inline constexpr std::array kWebhookEvents = {
    Event{"order.placed", "An order was placed", &kComponent<OrderEvent>},
    Event{"order.paid", "An order was paid", &kComponent<OrderEvent>},
    Event{"order.partially_shipped", "A part of an order was shipped", &kComponent<OrderEvent>},
    Event{"order.shipped", "The last part of an order was shipped", &kComponent<OrderEvent>},
    Event{"order.delivered", "An order was delivered", &kComponent<OrderEvent>},
    Event{"order.cancelled", "An order was cancelled", &kComponent<OrderEvent>},
    Event{"order.refunded", "All that was paid for an order was returned", &kComponent<OrderEvent>},
    Event{"order.partially_refunded", "A part of what was paid was returned",
          &kComponent<OrderEvent>},
    Event{webhooks::kTestKind, "A test", &kComponent<TestEvent>}};

}  // namespace souk::api
