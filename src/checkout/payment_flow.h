// Pays for an order and returns its money. The provider is never called inside a transaction: the
// goal is committed first, then the provider is called, then its answer is committed. A payment
// left unfinished by a crash or a lost answer is repeated under the same key, so that nobody is
// charged twice. The answer is applied under the order's lock: if the order was cancelled
// meanwhile, it is not paid and its money is returned.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows all it is made from, which outlive it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "checkout/locked_order.h"
#include "checkout/payment_books.h"
#include "checkout/payment_config.h"
#include "checkout/refund_flow.h"
#include "payments/caller.h"
#include "payments/rules.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::checkout {

struct Pay {
  OrderId order;
  UserId buyer;
  std::string method;  // the provider's token
  std::optional<std::string> idempotency_key = {};
  std::optional<std::string> provider = {};  // by name; default: the first one
};

struct Paid {
  payments::Payment payment;  // captured, unsettled, or waiting for an administrator
  bool replayed = false;      // created by an earlier request
};

class PaymentFlow {
 public:
  static constexpr int kMaxSteps = 4;  // provider calls for one payment in a row; it needs three

  PaymentFlow(postgres::Pool& pool, AfterCommit after, payments::Providers providers,
              const Clock& clock, UuidGenerator& ids, payments::Instruments instruments,
              PaymentConfig config = {});

  // All throw any Failure; retries are safe.

  // Authorises and captures the order's total, and confirms a pending order. One payment of an
  // order at a time: a retry returns it; an open one that waits for a person is replaced. An order
  // whose total is 0 is paid without a provider. Errors: not_found, validation_failed,
  // payment_declined, payment_conflict, limit_reached, idempotency_key_reused.
  runtime::Task<Result<Paid>> pay(runtime::Context& context, Pay wanted);
  // The status of an order that was just placed: paid if its total is 0. If the database does not
  // answer, the status is unchanged and the order can be paid later; nothing is thrown.
  runtime::Task<orders::Status> pay_if_free(runtime::Context& context, orders::Order order);

  // Returns all money that is left, and units that were not shipped to the stock. The order becomes
  // refunded only when the provider confirms it. Errors: not_found, illegal_transition,
  // payment_conflict (also while a refund of a part is under way).
  runtime::Task<Result<orders::Order>> refund(runtime::Context& context, OrderId id, Actor actor);

  // Refunds of a part of the money.
  RefundFlow& refunds() { return refunds_; }

  // Newest first. With `buyer`, only for an order of that buyer. Errors: not_found.
  runtime::Task<Result<std::vector<payments::Payment>>> list(runtime::Context& context, OrderId id,
                                                             std::optional<UserId> buyer);

  // Verifies a message's signature. Errors: not_found for another provider, invalid_signature.
  Result<> verify(std::string_view provider, std::string_view signature, std::string_view body);
  // Applies a verified message, exactly once. Errors: validation_failed.
  runtime::Task<Result<>> apply(runtime::Context& context, payments::ProviderEvent event);

  // Resumes unfinished payments and those whose provider contradicts our books, at most
  // payments::store::kMaxDue, and unfinished refunds; returns their number. Each is looked up at
  // its provider first. Several nodes may do so at once. A failed one is logged, counted, and due
  // again.
  runtime::Task<std::size_t> resume(runtime::Context& context);

  // For a cancelling transaction: marks the locked order's money for return.
  std::optional<payments::Payment> return_money(LockedOrder& order, const Actor& actor) const {
    return books_.return_money(order, actor);
  }
  // Calls the provider until the payment is settled. If the provider or the database does not
  // answer, resume() continues later; nothing is thrown.
  runtime::Task<payments::Payment> try_to_settle(runtime::Context& context,
                                                 payments::Payment payment);

 private:
  runtime::Task<void> resume_one(runtime::Context& context, payments::Payment payment);
  runtime::Task<payments::Payment> compare(runtime::Context& context, payments::Payment payment,
                                           std::optional<payments::Found> found);
  // Leaves `payment` in its last known state when it throws.
  runtime::Task<void> settle(runtime::Context& context, payments::Payment& payment);
  runtime::Task<payments::Payment> record(runtime::Context& context, payments::Payment payment,
                                          payments::Charge charge);
  runtime::Task<payments::EventOutcome> apply_once(runtime::Context& context,
                                                   const payments::ProviderEvent& event);
  // Commits the wanted payment: a new one or an existing one.
  runtime::Task<Result<Paid>> open(runtime::Context& context, const Pay& wanted);
  runtime::Task<Result<Paid>> begin(LockedOrder order, const Pay& wanted);
  // Commits the intent to refund; sets `payment` to the one whose money is returned.
  runtime::Task<Result<orders::Order>> begin_refund(runtime::Context& context, OrderId id,
                                                    Actor actor,
                                                    std::optional<payments::Payment>& payment);
  void contradicted(payments::rules::Contradiction kind, PaymentId payment,
                    payments::Status reported);
  void failed(const payments::Payment& payment, const std::exception_ptr& reason);
  Result<Paid> outcome_of(payments::Payment payment, bool replayed) const;

  postgres::Pool& pool_;
  AfterCommit after_;
  const payments::Providers providers_;
  const Clock& clock_;
  UuidGenerator& ids_;
  payments::Metrics& metrics_;
  telemetry::Log& log_;
  const PaymentConfig config_;
  const payments::Caller caller_;
  const PaymentBooks books_;
  RefundFlow refunds_;
};

}  // namespace souk::checkout
