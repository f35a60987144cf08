// One order between its caller, who waits, and the batch it is written in.
// Threading: loop thread only. Ownership: lives in the caller's frame, who waits until it is
// decided or takes it out of the queue.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <variant>
#include <vector>

#include "base/error.h"
#include "checkout/types.h"
#include "runtime/wait_queue.h"

namespace souk::checkout {

// Another order has this idempotency key.
struct KeyTaken {};
// It is in the database, under its own id.
struct Written {};
// The database did not write it, or nobody knows whether it did.
struct Failed {
  std::exception_ptr reason;
};
using Decision = std::variant<Failed, Placed, OutOfStock, Refused, KeyTaken, Written>;

struct PendingOrder {
  PendingOrder(runtime::Loop& loop, PlaceOrder wanted)
      : request(std::move(wanted)), decided(loop) {}

  PlaceOrder request;
  std::vector<inventory::Line> lines;  // of distinct products
  // Those of the lines as it came: of a reservation, each try to write it finds other lines.
  std::vector<ProductId> products;
  std::optional<orders::IdempotencyKey> key;
  OrderId id;

  std::chrono::steady_clock::time_point queued_at;
  Decision decision;
  std::uint32_t statements = 0;  // of the transaction that decided it
  runtime::Event decided;
};

}  // namespace souk::checkout
