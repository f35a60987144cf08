// A position in a list as opaque text: base64url of one byte for the list and its order, eight for
// the key and sixteen for the id; in the list of users, that byte and an e-mail address.
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "catalog/types.h"
#include "inventory/ledger_types.h"
#include "orders/types.h"
#include "webhooks/types.h"

namespace souk::api {

std::string encode_cursor(const catalog::ProductCursor& cursor);
std::string encode_cursor(const orders::OrderCursor& cursor);
std::string encode_cursor(webhooks::DeliveryId last);
std::string encode_cursor(const inventory::MovementCursor& cursor);
std::string encode_cursor(const inventory::LowStockCursor& cursor);
// Nothing on the last page.
template <class Cursor>
std::optional<std::string> cursor_text(const std::optional<Cursor>& next) {
  return next ? std::optional(encode_cursor(*next)) : std::nullopt;
}

// Nothing for a text that is not a cursor of products in this order, or whose key is impossible.
std::optional<catalog::ProductCursor> decode_product_cursor(std::string_view text,
                                                            catalog::ProductSort sort);
// Nothing for a text that is not a cursor of orders.
std::optional<orders::OrderCursor> decode_order_cursor(std::string_view text);
// Nothing for a text that is not one of these.
std::optional<inventory::MovementCursor> decode_movement_cursor(std::string_view text);
std::optional<inventory::LowStockCursor> decode_low_stock_cursor(std::string_view text);

// Nothing for a text that is not a cursor of deliveries.
std::optional<webhooks::DeliveryId> decode_delivery_cursor(std::string_view text);

std::string encode_email_cursor(std::string_view email);
// Nothing for a text that is not a cursor of users.
std::optional<std::string> decode_email_cursor(std::string_view text);

// The invalid_request for such a text.
std::unexpected<Error> refuse_cursor();

}  // namespace souk::api
