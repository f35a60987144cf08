// Orders as they are kept: what was bought, at which price, in which state.
// Threading: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/money.h"

namespace souk::orders {

inline constexpr std::size_t kMaxLines = 100;
inline constexpr std::int32_t kMaxLineQuantity = 1'000'000;
inline constexpr std::size_t kMaxIdempotencyKeyLength = 255;
inline constexpr std::size_t kDefaultPageSize = 20;
inline constexpr std::size_t kMaxPageSize = 100;

struct OrderItem {
  ProductId product_id;
  std::string product_name;
  std::int32_t quantity = 0;
  Money unit_price;
};

struct Order {
  OrderId id;
  UserId user_id;
  std::string status;
  Timestamp order_date;
  Money total;
  std::vector<OrderItem> items;
};

// The place after one order, newest first.
struct OrderCursor {
  Timestamp order_date;
  OrderId id;
};

struct OrderPage {
  std::vector<Order> items;
  std::optional<OrderCursor> next;  // nothing on the last page
};

// SHA-256 of a request's canonical form: tells a retry from another request under the same key.
using RequestHash = std::array<std::uint8_t, 32>;

struct IdempotencyKey {
  std::string key;
  RequestHash request_hash{};
};

}  // namespace souk::orders
