// An order on its way in, and what became of it.
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
  std::optional<ReservationId> reservation;  // in place of lines: what it holds
  std::optional<AddressId> address;
  std::optional<std::string> idempotency_key;
  Origin origin;
};

struct Placed {
  orders::Order order;
  bool replayed = false;  // the first outcome of this idempotency key
};
// Nothing was sold: these lines cannot be had in full.
struct OutOfStock {
  std::vector<inventory::Shortage> lines;
};
// Nothing was ordered, for the reason that the error names.
struct Refused {
  Error error;
};
using PlaceOutcome = std::variant<Placed, OutOfStock, Refused>;

}  // namespace souk::checkout
