// What others are told of an order, after its transaction: an outbox row for each step that matters
// to them. Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "orders/types.h"

namespace souk::orders {

// The kind of what is told of an order that has come into this status; nothing where nobody is.
std::optional<std::string_view> event_kind(Status status);

// {"orderId", "userId", "total", "currency", "status", "items": [{"productId", "productName",
// "quantity", "unitPrice"}]}; money in minor units of the currency.
std::string event_payload(const Order& order);
// The order that event_payload() told of, without its date. Errors: validation_failed.
Result<Order> read_event_payload(std::string_view payload);

}  // namespace souk::orders
