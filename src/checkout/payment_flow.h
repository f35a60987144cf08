// Paying for an order and sending the money back. The provider is never asked inside a transaction:
// what is wanted is committed first, then it is asked, then its answer is committed. Who finds a
// payment in the middle, after a crash or a lost answer, asks again under the same key: nobody is
// charged twice. The answer meets the order under its lock: an order that was cancelled meanwhile
// is not paid, and its money goes back.
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
#include "payments/caller.h"
#include "payments/rules.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::checkout {

struct PaymentConfig {
  std::chrono::milliseconds provider_timeout{10'000};
  // A payment that is not settled by then is taken up by resume(); longer than provider_timeout.
  std::chrono::milliseconds retry_after{30'000};
  std::chrono::milliseconds max_retry_pause{3'600'000};
};

struct Pay {
  OrderId order;
  UserId buyer;
  std::string method;  // the provider's token
  std::optional<std::string> idempotency_key = {};
  std::optional<std::string> provider = {};  // by name; the first one without it
};

struct Paid {
  payments::Payment payment;  // captured, not settled yet, or waiting for an administrator
  bool replayed = false;      // began with an earlier request
};

class PaymentFlow {
 public:
  static constexpr int kMaxSteps = 4;  // of one payment in a row; its way has three

  PaymentFlow(postgres::Pool& pool, AfterCommit after, payments::Providers providers,
              const Clock& clock, UuidGenerator& ids, payments::Instruments instruments,
              PaymentConfig config = {});

  // All throw any Failure; asking again is
  // safe.

  // Authorises and captures the order's total; an order that is pending is confirmed by it. One
  // payment of an order at a time: asking again answers with it; one that waits for people gives
  // way to another. An order whose total is 0 is paid without any provider.
  // Errors: not_found, validation_failed, payment_declined, payment_conflict, limit_reached,
  // idempotency_key_reused.
  runtime::Task<Result<Paid>> pay(runtime::Context& context, Pay wanted);
  // The status of an order that was just placed: paid where its total is 0. Where the database
  // does not answer it stays what it was, and may be paid later; nothing is thrown.
  runtime::Task<orders::Status> pay_where_free(runtime::Context& context, orders::Order order);

  // Sends the money back; units that were not shipped go back into the stock. The order is refunded
  // when the provider says so: until then it is what it was.
  // Errors: not_found, illegal_transition, payment_conflict.
  runtime::Task<Result<orders::Order>> refund(runtime::Context& context, OrderId id, Actor actor);

  // Newest first. With `buyer`, only of an order of theirs. Errors: not_found.
  runtime::Task<Result<std::vector<payments::Payment>>> list(runtime::Context& context, OrderId id,
                                                             std::optional<UserId> buyer);

  // Whether a message is the provider's. Errors: not_found for another provider, invalid_signature.
  Result<> verify(std::string_view provider, std::string_view signature, std::string_view body);
  // A message that is verified: remembered, and done once. Errors: validation_failed.
  runtime::Task<Result<>> apply(runtime::Context& context, payments::ProviderEvent event);

  // Takes up payments left in the middle and those whose provider contradicts the books,
  // payments::store::kMaxDue at most; gives how many it found. Each is looked up at its provider
  // first. Any number of nodes may do so at once. One that fails is logged, counted, and due again.
  runtime::Task<std::size_t> resume(runtime::Context& context);

  // For a cancelling transaction: marks the money of a locked order to go back.
  std::optional<payments::Payment> give_back(LockedOrder& order, const Actor& actor) const {
    return books_.give_back(order, actor);
  }
  // Asks the provider until the payment is settled. Where it or the database does not answer,
  // resume() goes on; nothing is thrown.
  runtime::Task<payments::Payment> try_to_settle(runtime::Context& context,
                                                 payments::Payment payment);

 private:
  runtime::Task<void> take_up(runtime::Context& context, payments::Payment payment);
  runtime::Task<payments::Payment> compare(runtime::Context& context, payments::Payment payment,
                                           std::optional<payments::Found> found);
  // Leaves the payment as it is known where it throws.
  runtime::Task<void> settle(runtime::Context& context, payments::Payment& payment);
  runtime::Task<payments::Payment> record(runtime::Context& context, payments::Payment payment,
                                          payments::Charge charge);
  runtime::Task<payments::EventOutcome> apply_once(runtime::Context& context,
                                                   const payments::ProviderEvent& event);
  // The payment that is wanted, committed: a new one or one that is there.
  runtime::Task<Result<Paid>> open(runtime::Context& context, const Pay& wanted);
  runtime::Task<Result<Paid>> begin(LockedOrder order, const Pay& wanted);
  // The order, and the payment whose money is to go back, committed.
  runtime::Task<Result<orders::Order>> begin_refund(runtime::Context& context, OrderId id,
                                                    Actor actor,
                                                    std::optional<payments::Payment>& payment);
  void contradicted(payments::rules::Contradiction kind, PaymentId payment, payments::Status told);
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
};

}  // namespace souk::checkout
