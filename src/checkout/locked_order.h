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
#include "orders/types.h"
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
  void add(postgres::Call call) { calls_.push_back(std::move(call)); }

  // Writes the gathered changes, commits, and notifies. Throws any Failure.
  runtime::Task<orders::Order> commit(const AfterCommit& after);
  // Without a cache to write through: caches follow by the change log.
  runtime::Task<void> commit(jobs::Notifier& notifier);

 private:
  LockedOrder(postgres::Transaction transaction, orders::Order order,
              std::vector<payments::Payment> payments);

  void take_step(orders::Status to, const Actor& actor, Timestamp now, std::string note);
  // Tells others of the order's status, if it concerns them.
  void tell(UuidGenerator& ids, const orders::Shipment* shipment = nullptr);
  // Releases or ships units.
  void move_stock(const std::vector<orders::Shipment::Item>& units, inventory::Reason reason);
  runtime::Task<std::vector<postgres::Rows>> write(jobs::Notifier& notifier);

  postgres::Transaction transaction_;
  orders::Order order_;
  std::vector<payments::Payment> payments_;  // newest first
  std::vector<postgres::Call> calls_;
  std::optional<std::size_t> stock_;  // the index in calls_ of what changes it
  bool has_event_ = false;            // calls_ has an event
};

}  // namespace souk::checkout
