// Returns parts of an order's money. As with payments, the refund is committed first, then the
// provider is called, then its answer is committed: a refund left unfinished by a crash or a lost
// answer is repeated under the same key, so that nothing is returned twice. A payment counts the
// refunds that are under way, so that no two of them return more than it has.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows all it is made from, which outlive it.
#pragma once

#include "checkout/payment_books.h"
#include "checkout/payment_config.h"
#include "checkout/refund_rules.h"
#include "payments/caller.h"

namespace souk::checkout {

struct Refunded {
  payments::Refund refund;  // done, or requested: resume() takes it up
  bool replayed = false;    // requested by an earlier request with this idempotency key
};

class RefundFlow {
 public:
  RefundFlow(postgres::Pool& pool, AfterCommit after, const payments::Caller& caller,
             const Clock& clock, UuidGenerator& ids, payments::Instruments instruments,
             PaymentConfig config)
      : pool_(pool),
        after_(after),
        caller_(caller),
        clock_(clock),
        ids_(ids),
        instruments_(instruments),
        config_(config),
        books_(clock, ids, config.retry_after) {}

  // All throw any Failure; retries under a key are safe.

  // Units that are put back can be sold again: those that were not shipped will not be. When all of
  // the payment is returned, the order is refunded. Errors: not_found, validation_failed,
  // illegal_transition, payment_conflict, limit_reached, idempotency_key_reused.
  runtime::Task<Result<Refunded>> refund(runtime::Context& context, RefundPart wanted);

  // Oldest first. With `buyer`, only for an order of that buyer. Errors: not_found.
  runtime::Task<Result<std::vector<payments::Refund>>> list(runtime::Context& context, OrderId id,
                                                            std::optional<UserId> buyer);

  // Repeats unfinished refunds, at most payments::refund_store::kMaxDue; returns their number.
  runtime::Task<std::size_t> resume(runtime::Context& context);

 private:
  runtime::Task<Result<Refunded>> begin(runtime::Context& context, const RefundPart& wanted);
  // Leaves the refund as it is when the provider or the database does not answer.
  runtime::Task<payments::Refund> try_to_settle(runtime::Context& context, payments::Refund refund);
  runtime::Task<payments::Refund> record(runtime::Context& context, payments::RefundId id,
                                         OrderId order, payments::Charge charge);
  // Books money that was returned; true: that was all of it. `more`: other refunds of the order are
  // under way.
  bool book(LockedOrder& order, payments::Payment payment, const payments::Refund& refund,
            bool more) const;

  postgres::Pool& pool_;
  AfterCommit after_;
  const payments::Caller& caller_;
  const Clock& clock_;
  UuidGenerator& ids_;
  payments::Instruments instruments_;
  const PaymentConfig config_;
  const PaymentBooks books_;
};

}  // namespace souk::checkout
