// Adjustments, movements and low stocks.
// Threading: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "inventory/types.h"

namespace souk::inventory {

inline constexpr std::size_t kMaxReasonLength = 200;
// The most stocks that are looked at for a page of low ones.
inline constexpr std::int64_t kMaxExamined = 20'000;

struct AdjustmentDraft {
  ProductId product_id;
  std::int64_t change = 0;  // units that came, or went
  std::string reason;
  UserId by;
  std::optional<std::string> idempotency_key;
};

struct Adjustment {
  Uuid id;
  ProductId product_id;
  std::int64_t change = 0;
  std::string reason;
  std::int64_t on_hand = 0;  // after it
  Timestamp created_at;
};

struct Adjusted {
  Adjustment adjustment;
  bool is_replay = false;
};

// One row of the ledger.
struct ListedMovement {
  std::int64_t id = 0;
  std::int64_t on_hand = 0;
  std::int64_t reserved = 0;
  std::string kind;
  std::optional<Uuid> cause_id;  // the order, the reservation or the adjustment
  std::optional<std::string> reason;
  Timestamp moved_at;
};

struct MovementCursor {
  std::int64_t id = 0;
};

struct MovementPage {
  std::vector<ListedMovement> items;
  std::optional<MovementCursor> next;
};

struct LowStock {
  Stock stock;
  std::optional<std::string> sku;
  std::string name;

  std::int64_t available() const { return stock.available(); }
  ProductId product_id() const { return stock.product_id; }
  std::int64_t on_hand() const { return stock.on_hand; }
  std::int64_t reserved() const { return stock.reserved; }
};

struct LowStockCursor {
  ProductId id;
};

struct LowStockPage {
  std::vector<LowStock> items;
  std::optional<LowStockCursor> next;
};

}  // namespace souk::inventory
