// Orders: what was bought, at which price, in which status.
// Threading: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "base/idempotency.h"
#include "base/ids.h"
#include "base/money.h"
#include "base/origin.h"

namespace souk::orders {

inline constexpr std::size_t kMaxLines = 100;
inline constexpr std::int32_t kMaxLineQuantity = 1'000'000;
inline constexpr std::size_t kDefaultPageSize = 20;
inline constexpr std::size_t kMaxPageSize = 100;

inline constexpr std::size_t kMaxNoteLength = 500;  // code points
inline constexpr std::size_t kMaxShipments = 100;   // of an order; the last has all that is left
inline constexpr std::size_t kMaxCarrierLength = 100;
inline constexpr std::size_t kMaxTrackingNumberLength = 100;
inline constexpr std::size_t kMaxTrackingUrlLength = 2000;
inline constexpr std::size_t kMaxTransitions = 100;  // shown; an order has seven at most

enum class Status : std::uint8_t {
  kPending,
  kConfirmed,
  kPaid,
  kPartiallyShipped,
  kShipped,
  kDelivered,
  kCancelled,
  kRefunded,
};
inline constexpr std::array<std::string_view, 8> kStatusNames = {
    "pending", "confirmed", "paid",      "partially_shipped",
    "shipped", "delivered", "cancelled", "refunded"};

// One step of an order: its actor and time.
struct Transition {
  Status from{};
  Status to{};
  Timestamp at;
  Actor actor;
  std::string note;  // an optional reason
};

struct OrderItem {
  ProductId product_id;
  std::string product_name;
  std::int32_t quantity = 0;
  Money unit_price;
  std::int32_t shipped = 0;   // units
  std::int32_t refunded = 0;  // units whose price was returned, or is about to be
  std::int32_t released = 0;  // of these, those that were never shipped and will not be

  std::int32_t unshipped() const { return quantity - shipped - released; }
};

using ShipmentId = Id<struct ShipmentTag>;

// Units of an order that left the warehouse together.
struct Shipment {
  struct Item {
    ProductId product_id;
    std::int32_t quantity = 0;
  };

  ShipmentId id;
  Timestamp shipped_at;
  std::optional<std::string> carrier;
  std::optional<std::string> tracking_number;
  std::optional<std::string> tracking_url;
  Actor actor;
  std::optional<std::string> idempotency_key;
  std::optional<RequestHash> request_hash;
  std::vector<Item> items;
};

// Where an order goes: a copy made when it is placed.
struct DeliveryAddress {
  std::string recipient;
  std::string line1;
  std::string line2;  // may be empty
  std::string city;
  std::string postal_code;
  std::string country;  // ISO 3166-1 alpha-2

  bool operator==(const DeliveryAddress&) const = default;
};

struct Order {
  OrderId id;
  UserId user_id;
  Status status{};
  Timestamp order_date;
  Money total;
  std::vector<OrderItem> items;
  std::optional<std::string> number{};  // for people, see order_number.h; older orders have none
  std::optional<std::string> email{};   // the buyer's when it was placed; likewise
  std::optional<DeliveryAddress> delivery_address{};
  Money refunded{};  // of the total
};

// The position after one order, newest first.
struct OrderCursor {
  Timestamp order_date;
  OrderId id;
};

// Later than every order, and valid in PostgreSQL.
inline constexpr OrderCursor kAfterAll = {
    .order_date = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31), .id = {}};

struct OrderPage {
  std::vector<Order> items;
  std::optional<OrderCursor> next;  // nothing on the last page
};

struct IdempotencyKey {
  std::string key;
  RequestHash request_hash{};
};

}  // namespace souk::orders
