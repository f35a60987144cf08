// One order, shared by its waiting caller and the batch that writes it.
// Threading: the caller's loop, but while the order is in the queue or in a batch. Ownership: lives
// in the frame of the caller, who waits until the order is decided or takes it out of the queue.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/spans.h"
#include "checkout/types.h"
#include "runtime/wait_queue.h"

namespace souk::checkout {

// Another order has this idempotency key.
struct KeyTaken {};
// The order is in the database, under its own id.
struct Written {};
// The database did not write it, or the outcome is unknown.
struct Failed {
  std::exception_ptr reason;
};
using Decision = std::variant<Failed, Placed, OutOfStock, Refused, KeyTaken, Written>;

struct PendingOrder {
  PendingOrder(runtime::Loop& caller, PlaceOrder wanted)
      : loop(caller), request(std::move(wanted)), decided(caller) {}

  runtime::Loop& loop;
  PlaceOrder request;
  std::vector<inventory::Line> lines;  // of distinct products
  // The products of the lines as requested: with a reservation, each attempt may find other lines.
  std::vector<ProductId> products;
  std::optional<orders::IdempotencyKey> key;
  OrderId id;

  std::chrono::steady_clock::time_point queued_at;
  Decision decision;
  std::uint32_t statements = 0;  // in the transaction that decided it
  bool traced = false;
  std::string trace;              // for its event: its request, as a W3C traceparent
  std::vector<souk::Span> spans;  // of the transactions that decided it, if traced
  runtime::Event decided;
  PendingOrder* next = nullptr;  // of the buyer's waiting ones
};

}  // namespace souk::checkout
