// The events of an order: an outbox row for each step that others need to know. Threading: pure
// functions.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/enum_names.h"
#include "base/error.h"
#include "orders/types.h"

namespace souk::orders {

// The kinds of events, one for each such status; webhooks subscribe to kinds.
inline constexpr std::array<std::string_view, 8> kEventKinds = {
    "order.placed",    "order.paid",      "order.partially_shipped", "order.shipped",
    "order.delivered", "order.cancelled", "order.refunded",          "order.partially_refunded"};
// Not a status: whatever the order's, a part of its money was returned.
inline constexpr auto kPartiallyRefunded = kEventKinds.back();
// Empty: no event.
constexpr std::string_view event_kind(Status status) {
  constexpr auto kConfirmed = static_cast<std::size_t>(Status::kConfirmed);
  const auto place = static_cast<std::size_t>(status);
  if (place == kConfirmed) return {};
  return kEventKinds[place < kConfirmed ? place : place - 1];
}

// What an event has beside its order.
struct EventDetails {
  std::optional<Shipment> shipment{};
  std::optional<Money> returned{};  // by this event's refund alone
};

// {"orderId", "userId", "number", "email", "total", "status", "deliveryAddress": {"recipient",
// "line1", "line2", "city", "postalCode", "country"}, "items": [{"productId", "productName",
// "quantity", "unitPrice", "shipped"}], "refunded"}; money as in the API; number, email and address
// null if the order has none. Of a shipment also {"shipment": {"id", "shippedAt", "carrier",
// "trackingNumber", "trackingUrl", "items": [{"productId", "quantity"}]}}; of returned money also
// {"returned"}: the part of "refunded" that is new. api/webhooks/events.h describes it to
// receivers.
std::string event_payload(const Order& order, const EventDetails& details = {});
// The order of an event_payload(), without its date; also of those that earlier versions left,
// whose amounts are plain numbers beside one "currency". Errors: validation_failed.
Result<Order> read_event_payload(std::string_view payload);
// A shipment comes without its actor. Errors: validation_failed.
Result<EventDetails> read_event_details(std::string_view payload);

}  // namespace souk::orders
