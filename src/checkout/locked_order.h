// One order under its lock. Gathers the changes of a transaction and writes them together: steps,
// each with its actor and event, stock that is released or shipped, and the payment. Payments
// change only under their order's lock.
//
// Threading: loop thread only. Ownership: owns the transaction, which is rolled back unless
// committed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "checkout/after_commit.h"
#include "inventory/types.h"
#include "orders/events.h"
#include "payments/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::checkout {

class LockedOrder {
 public:
  // Waits for the order's lock. With `buyer`, only for an order of that buyer. Errors: not_found.
  // Throws Unavailable.
  static runtime::Task<Result<LockedOrder>> lock(postgres::Pool& pool, runtime::Context& context,
                                                 OrderId id, std::optional<UserId> buyer);

  const orders::Order& order() const { return order_; }
  orders::Status status() const { return order_.status; }
  const std::vector<payments::Payment>& payments() const { return payments_; }
  // The payment that holds the order's money or may still receive it; else one whose money is being
  // returned.
  std::optional<payments::Payment> active_payment() const;
  std::optional<payments::Payment> find_payment(PaymentId id) const;
  // For further statements of the transaction. If nothing is written but what was read is
  // acknowledged, commit it: the lock makes the commit wait for the standby.
  postgres::Transaction& transaction() { return transaction_; }

  // Whether the order may take that step. Errors: illegal_transition.
  Result<> check_step(orders::Status to) const;
  // Errors: illegal_transition, and nothing is gathered.
  Result<> step(orders::Status to, const Actor& actor, Timestamp now, UuidGenerator& ids,
                std::string note = {});
  // The order becomes shipped if nothing is left, else partially shipped. REQUIRES: it may become
  // shipped; units of its lines that are not shipped yet.
  void ship(const orders::Shipment& shipment, UuidGenerator& ids);
  // Gathers a refund with its units. The order becomes shipped if all that is left of it is. `due`:
  // when the refund is taken up again. REQUIRES: units of its lines that are not refunded yet.
  void refund(const payments::Refund& refund, Timestamp due, UuidGenerator& ids);
  // A part of its money was returned.
  void return_part(const Money& amount, UuidGenerator& ids);
  void add(postgres::Call call) { calls_.push_back(std::move(call)); }

  // Writes the gathered changes, commits, and notifies. Throws any Failure.
  runtime::Task<orders::Order> commit(const AfterCommit& after);
  // Without a cache to write through: caches follow by the change log.
  runtime::Task<void> commit(jobs::Notifier& notifier);

 private:
  LockedOrder(postgres::Transaction transaction, orders::Order order,
              std::vector<payments::Payment> payments);

  void take_step(orders::Status to, const Actor& actor, Timestamp now, std::string note);
  bool is_all_shipped() const;
  // Tells others, if the kind of event concerns them.
  void tell(std::string_view kind, UuidGenerator& ids, const orders::EventDetails& details = {});
  inventory::Movement movement(ProductId product, std::int32_t on_hand, std::int32_t reserved,
                               inventory::Reason reason) const;
  void move_stock(const std::vector<inventory::Movement>& movements);
  runtime::Task<std::vector<postgres::Rows>> write(jobs::Notifier& notifier);

  postgres::Transaction transaction_;
  orders::Order order_;
  std::vector<payments::Payment> payments_;  // newest first
  std::vector<postgres::Call> calls_;
  std::vector<std::size_t> stock_;  // the indices in calls_ of what changes it
  bool has_event_ = false;          // calls_ has an event
};

}  // namespace souk::checkout
