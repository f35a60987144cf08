// Units of products: on hand, of these reserved, and so available.
// Threading: plain values.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace souk::inventory {

inline constexpr std::int32_t kMaxQuantity = 1'000'000'000;  // that can be set

struct Stock {
  ProductId product_id;
  // Returns may take it past kMaxQuantity: units that come back are never refused.
  std::int64_t on_hand = 0;
  std::int64_t reserved = 0;
  std::int64_t version = 0;  // 0: never had any

  std::int64_t available() const { return on_hand - reserved; }
};

// What a transaction, by its number, has made of a stock.
struct Changed {
  Stock stock;
  std::int64_t by = 0;
};

// So many units of one product.
struct Line {
  ProductId product_id;
  std::int32_t quantity = 0;
};

// One entry of the ledger: units that came or went, were promised or are free again. The cause is
// the order or the reservation.
struct Movement {
  ProductId product_id;
  std::int32_t on_hand = 0;
  std::int32_t reserved = 0;
  Uuid cause;
};
enum class Reason : std::uint8_t { kSold, kReturned, kHeld, kReleased };

// A line that cannot be had in full.
struct Shortage {
  ProductId product_id;
  std::int32_t requested = 0;
  std::int64_t available = 0;
};

}  // namespace souk::inventory
