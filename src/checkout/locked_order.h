// One order under its lock: what a transaction makes of it is gathered here and written in one go:
// steps, each with who took it and the event that tells of it, the stock that goes back, and the
// payment. Payments change under their order's lock alone.
//
// Threading: loop thread only. Ownership: owns the transaction; not committed is rolled back.
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
  // Waits for the order's lock. With `buyer`, only an order of theirs. Errors: not_found.
  // Throws Unavailable.
  static runtime::Task<Result<LockedOrder>> lock(postgres::Pool& pool, runtime::Context& context,
                                                 OrderId id, std::optional<UserId> buyer);

  const orders::Order& order() const { return order_; }
  orders::Status status() const { return order_.status; }
  const std::vector<payments::Payment>& payments() const { return payments_; }
  // The one that holds the order's money or may come to; before that, one whose money goes back.
  std::optional<payments::Payment> active_payment() const;
  std::optional<payments::Payment> find_payment(PaymentId id) const;
  // The transaction, for what else belongs into it before it is written. Where nothing is written
  // and what was read is acknowledged, commit it: the lock makes the commit wait for the standby.
  postgres::Transaction& transaction() { return transaction_; }

  // Errors: illegal_transition; nothing is gathered then.
  Result<> step(orders::Status to, const Actor& actor, Timestamp now, UuidGenerator& ids,
                std::string note = {});
  void add(postgres::Call call) { calls_.push_back(std::move(call)); }

  // Writes what was gathered, commits, and tells of it. Throws
  // any Failure.
  runtime::Task<orders::Order> commit(const AfterCommit& after);
  // The same where nothing is shown: what others show follows by the change log.
  runtime::Task<void> commit(jobs::Doorbell& bell);

 private:
  LockedOrder(postgres::Transaction transaction, orders::Order order,
              std::vector<payments::Payment> payments);

  runtime::Task<std::vector<postgres::Rows>> write(jobs::Doorbell& bell);

  postgres::Transaction transaction_;
  orders::Order order_;
  std::vector<payments::Payment> payments_;  // newest first
  std::vector<postgres::Call> calls_;
  std::optional<std::size_t> put_back_;  // its place among the calls
  bool tells_ = false;                   // an event is among the calls
};

}  // namespace souk::checkout
