// A request for an order, and its outcome.
// Threading: plain values.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "inventory/types.h"
#include "orders/types.h"

namespace souk::checkout {

struct PlaceOrder {
  UserId buyer;
  std::vector<inventory::Line> lines;
  std::optional<ReservationId> reservation;  // instead of lines: all that it holds
  // One of the buyer's addresses, or one for this order alone; with neither, the buyer's default.
  std::optional<AddressId> address;
  std::optional<orders::DeliveryAddress> deliver_to;
  std::optional<std::string> idempotency_key;
  Origin origin;
};

// Units of an order that leave the warehouse together.
struct Ship {
  OrderId order;
  std::optional<std::vector<inventory::Line>> lines = {};  // default: all that is not shipped yet
  std::optional<std::string> carrier = {};
  std::optional<std::string> tracking_number = {};
  std::optional<std::string> tracking_url = {};
  std::optional<std::string> idempotency_key = {};
  Actor actor = {};
};
struct Shipped {
  orders::Order order;
  orders::Shipment shipment;
  bool replayed = false;  // shipped by an earlier request with this idempotency key
};

struct Placed {
  orders::Order order;
  bool replayed = false;  // the stored outcome of this idempotency key
};
// Nothing was sold: these lines are short.
struct OutOfStock {
  std::vector<inventory::Shortage> lines;
};
// Nothing was ordered; the error says why.
struct Refused {
  Error error;
};
using PlaceOutcome = std::variant<Placed, OutOfStock, Refused>;

}  // namespace souk::checkout
