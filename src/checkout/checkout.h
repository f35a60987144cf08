// The flows that cross domains: placing an order and cancelling one, each a single transaction
// over catalogue, stock and orders.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows all it is made from, which outlive it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "inventory/inventory.h"
#include "orders/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::checkout {

struct PlaceOrder {
  UserId buyer;
  std::vector<inventory::Line> lines;
  std::optional<AddressId> address;
  std::optional<std::string> idempotency_key;
};

struct Placed {
  orders::Order order;
  bool replayed = false;  // the first outcome of this idempotency key
};
// Nothing was sold: these lines cannot be had in full.
struct OutOfStock {
  std::vector<inventory::Shortage> lines;
};
using PlaceOutcome = std::variant<Placed, OutOfStock>;

class Checkout {
 public:
  static constexpr int kMaxAttempts = 3;  // after a deadlock or a stale plan
  static constexpr std::chrono::seconds kLookUpBound{10};
  static constexpr std::chrono::milliseconds kLookUpPause{100};

  Checkout(runtime::Loop& loop, postgres::Pool& pool, inventory::Inventory& inventory,
           const Clock& clock, UuidGenerator& ids)
      : loop_(loop), pool_(pool), inventory_(inventory), clock_(clock), ids_(ids) {}

  // Takes the stock and writes the order, or does neither. Lines of one product are joined. An
  // outcome is known when it returns; it is durable when it is Placed.
  // Errors: validation_failed, unknown_product, unknown_address, idempotency_key_reused.
  // Throws postgres::Unavailable and its kin: nothing was done. Where a lost connection leaves the
  // outcome open it looks the order up before it answers, for kLookUpBound; only then it throws
  // postgres::OutcomeUnknown.
  runtime::Task<Result<PlaceOutcome>> place(runtime::Context& context, PlaceOrder request);

  // Returns the stock once and only once: cancelling a cancelled order is not_cancellable.
  // With `buyer`, only an order of theirs. Errors: not_found, not_cancellable.
  // Throws postgres::Unavailable and its kin, and postgres::OutcomeUnknown.
  runtime::Task<Result<orders::Order>> cancel(runtime::Context& context, OrderId id,
                                              std::optional<UserId> buyer);

 private:
  struct Attempt;
  runtime::Task<Result<PlaceOutcome>> write(runtime::Context& context, const Attempt& attempt);
  static runtime::Task<Result<PlaceOutcome>> replay(postgres::Transaction& transaction,
                                                    const Attempt& attempt);
  runtime::Task<Result<PlaceOutcome>> look_up(runtime::Context& context, const Attempt& attempt);

  runtime::Loop& loop_;
  postgres::Pool& pool_;
  inventory::Inventory& inventory_;  // what it shows is written through
  const Clock& clock_;
  UuidGenerator& ids_;
};

}  // namespace souk::checkout
