// Units of products: on hand, in the warehouse; reserved, the part of these that is promised to
// carts and to orders until they are shipped; available, the rest. Threading: plain values.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace souk::inventory {

inline constexpr std::int32_t kMaxQuantity = 1'000'000'000;  // the largest that can be set

struct Stock {
  ProductId product_id;
  // May exceed kMaxQuantity by returns, which are never refused.
  std::int64_t on_hand = 0;
  std::int64_t reserved = 0;
  std::int64_t version = 0;  // 0: never had any

  std::int64_t available() const { return on_hand - reserved; }
};

// A stock as changed by a transaction, with its id.
struct Changed {
  Stock stock;
  std::int64_t by = 0;
};

// Units of one product.
struct Line {
  ProductId product_id;
  std::int32_t quantity = 0;
};

// Why units moved. Promised to a cart or an order, and free again: reserved alone. Shipped: both.
// Returned: on hand alone.
enum class Reason : std::uint8_t { kHeld, kOrdered, kReleased, kShipped, kReturned };

// One entry of the ledger. The cause is the order or the reservation.
struct Movement {
  ProductId product_id;
  std::int32_t on_hand = 0;
  std::int32_t reserved = 0;
  Reason reason{};
  Uuid cause;
};

// A line that is short.
struct Shortage {
  ProductId product_id;
  std::int32_t requested = 0;
  std::int64_t available = 0;
};

}  // namespace souk::inventory
