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
#include "payments/metrics.h"
#include "payments/providers.h"
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
};

struct Paid {
  payments::Payment payment;  // captured, or not settled yet
  bool replayed = false;      // began with an earlier request
};

class PaymentFlow {
 public:
  static constexpr int kMaxSteps = 4;  // of one payment in a row; its way has three

  PaymentFlow(postgres::Pool& pool, AfterCommit after, payments::Providers providers,
              const Clock& clock, UuidGenerator& ids, payments::Metrics& metrics,
              PaymentConfig config = {});

  // All throw postgres::Unavailable and its kin, and postgres::OutcomeUnknown; asking again is
  // safe.

  // Authorises and captures the order's total; an order that is pending is confirmed by it. One
  // payment of an order at a time: asking again answers with it.
  // Errors: not_found, validation_failed, payment_declined, payment_conflict, limit_reached.
  runtime::Task<Result<Paid>> pay(runtime::Context& context, Pay wanted);

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

  // Takes up payments left in the middle, payments::store::kMaxDue at most; gives how many it
  // found. Any number of nodes may do so at once. Goes on past one that throws, and throws it at
  // the end.
  runtime::Task<std::size_t> resume(runtime::Context& context);

  // For a cancelling transaction: marks the money of a locked order to go back.
  std::optional<payments::Payment> give_back(LockedOrder& order, const Actor& actor) const;
  // Asks the provider until the payment is settled. Where it or the database does not answer,
  // resume() goes on; nothing is thrown.
  runtime::Task<payments::Payment> try_to_settle(runtime::Context& context,
                                                 payments::Payment payment);

 private:
  runtime::Task<payments::Payment> settle(runtime::Context& context, payments::Payment payment);
  runtime::Task<payments::Charge> ask(const payments::Payment& payment, payments::rules::Step step);
  runtime::Task<payments::Charge> call(runtime::Context& context, const payments::Payment& payment,
                                       payments::rules::Step step);
  runtime::Task<payments::Payment> record(runtime::Context& context, payments::Payment payment,
                                          payments::Charge charge);
  // What the provider's word changes, gathered in the order's transaction. False: nothing.
  bool learn(LockedOrder& order, payments::Payment& payment, const payments::Charge& charge,
             const Actor& actor) const;
  runtime::Task<payments::EventOutcome> apply_once(runtime::Context& context,
                                                   const payments::ProviderEvent& event);
  postgres::Call update(const payments::Payment& payment) const;
  Result<Paid> outcome_of(payments::Payment payment, bool replayed) const;

  postgres::Pool& pool_;
  AfterCommit after_;
  const payments::Providers providers_;
  const Clock& clock_;
  UuidGenerator& ids_;
  payments::Metrics& metrics_;
  const PaymentConfig config_;
};

}  // namespace souk::checkout
