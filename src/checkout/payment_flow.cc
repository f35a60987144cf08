#include "checkout/payment_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkout/error_codes.h"
#include "checkout/payment_failure.h"
#include "checkout/rules.h"
#include "orders/rules.h"
#include "orders/store.h"
#include "payments/refund_store.h"
#include "payments/store.h"

namespace souk::checkout {

using orders::Status;
using payments::Charge;
using payments::EventOutcome;
using payments::Goal;
using payments::Payment;
using payments::rules::Contradiction;
using runtime::Context;
using runtime::Task;
using PaymentStatus = payments::Status;

namespace {

Result<> check(const Pay& wanted) {
  if (payments::rules::is_token(wanted.method, payments::kMaxMethodLength)) return {};
  return fail(ErrorCode::kValidationFailed, "the payment is not valid",
              {{"/method", fmt::format("must be 1 to {} printable ASCII characters",
                                       payments::kMaxMethodLength)}});
}

Result<> check(const payments::ProviderEvent& event) {
  std::vector<FieldError> errors;
  if (!payments::rules::is_token(event.id, payments::kMaxEventIdLength)) {
    errors.push_back({"/id", fmt::format("must be 1 to {} printable ASCII characters",
                                         payments::kMaxEventIdLength)});
  }
  if (!payments::rules::is_token(event.charge.reference, payments::kMaxReferenceLength)) {
    errors.push_back({"/reference", fmt::format("must be 1 to {} printable ASCII characters",
                                                payments::kMaxReferenceLength)});
  }
  if (errors.empty()) return {};
  return fail(ErrorCode::kValidationFailed, "the event is not valid", std::move(errors));
}

// Distinguishes a retry under an Idempotency-Key from another request.
RequestHash hash_of(const Pay& wanted) {
  return hash_of_request(
      fmt::format("by {}\nvia {}\n", wanted.method, wanted.provider.value_or("-")));
}

std::optional<Payment> with_key(const LockedOrder& order, const Pay& wanted) {
  if (!wanted.idempotency_key) return std::nullopt;
  const auto same =
      std::ranges::find(order.payments(), wanted.idempotency_key, &Payment::idempotency_key);
  if (same == order.payments().end()) return std::nullopt;
  return *same;
}

// Whether a request differs from the existing payment.
bool differs(const Payment& payment, const Pay& wanted) {
  return payment.method && (*payment.method != wanted.method ||
                            (wanted.provider && *wanted.provider != payment.provider));
}

}  // namespace

PaymentFlow::PaymentFlow(postgres::Pool& pool, AfterCommit after, payments::Providers providers,
                         const Clock& clock, UuidGenerator& ids, payments::Instruments instruments,
                         PaymentConfig config)
    : pool_(pool),
      after_(after),
      providers_(std::move(providers)),
      clock_(clock),
      ids_(ids),
      metrics_(instruments.metrics),
      log_(instruments.log),
      config_(config),
      caller_(providers_, metrics_, config.provider_timeout),
      books_(clock, ids, config.retry_after),
      refunds_(pool, after, caller_, clock, ids, instruments, config) {}

Task<Result<Paid>> PaymentFlow::pay(Context& context, Pay wanted) {
  if (const auto valid = check(wanted); !valid) co_return std::unexpected(valid.error());
  auto opened = co_await pool_.retry(context, [&] { return open(context, wanted); });
  if (!opened) co_return std::unexpected(opened.error());
  co_return outcome_of(co_await try_to_settle(context, std::move(opened->payment)),
                       opened->replayed);
}

Task<Result<Paid>> PaymentFlow::open(Context& context, const Pay& wanted) {
  auto locked = co_await LockedOrder::lock(pool_, context, wanted.order, wanted.buyer);
  if (!locked) co_return std::unexpected(locked.error());

  auto earlier = with_key(*locked, wanted);
  if (earlier && earlier->request_hash && *earlier->request_hash != hash_of(wanted)) {
    co_return std::unexpected(rules::key_reused("payment"));
  }
  if (!earlier) {
    earlier = locked->active_payment();
    const bool other = earlier && differs(*earlier, wanted);
    const bool gives_way = earlier && (earlier->goal == Goal::kReturned ||
                                       (other && payments::rules::is_open(*earlier)));
    if (gives_way) {
      earlier.reset();
    } else if (other) {
      co_return fail(errors::kPaymentConflict, "another payment of the order is under way");
    }
  }
  if (!earlier) co_return co_await begin(*std::move(locked), wanted);
  co_await locked->transaction().commit();  // waits until the standby has it
  co_return Paid{.payment = *std::move(earlier), .replayed = true};
}

Task<Result<Paid>> PaymentFlow::begin(LockedOrder order, const Pay& wanted) {
  if (!orders::rules::is_payable(order.status())) {
    co_return fail(errors::kPaymentConflict,
                   fmt::format("the order is {}", name_of(orders::kStatusNames, order.status())));
  }
  if (order.payments().size() >= payments::kMaxPaymentsPerOrder) {
    co_return fail(ErrorCode::kLimitReached,
                   fmt::format("an order has at most {} payments", payments::kMaxPaymentsPerOrder));
  }
  Payment payment{.id = PaymentId{ids_.next()},
                  .order_id = wanted.order,
                  .amount = order.order().total,
                  .method = wanted.method,
                  .idempotency_key = wanted.idempotency_key,
                  .actor = {ActorKind::kCustomer, wanted.buyer.value},
                  .created_at = clock_.now(),
                  .request_hash = hash_of(wanted)};
  if (payment.amount.amount == 0) {
    payment = books_.pay_zero_total(order, std::move(payment));
  } else {
    const auto* const provider =
        wanted.provider ? providers_.find(*wanted.provider) : providers_.first();
    if (provider == nullptr || !provider->accepts(wanted.method)) {
      co_return fail(
          ErrorCode::kValidationFailed, "the payment is not valid",
          {provider == nullptr ? FieldError{"/provider", "must be a payment provider that is on"}
                               : FieldError{"/method", "is not a method of this provider"}});
    }
    payment.provider = provider->name();
    payment.pays_later = provider->pays_later();
    books_.cancel_open(order, payment.actor);
    books_.insert(order, payment);
  }
  co_await order.commit(after_);
  if (payment.status != PaymentStatus::kCreated) metrics_.changes[payment.status].increment();
  co_return Paid{.payment = std::move(payment)};
}

Task<Status> PaymentFlow::pay_if_free(Context& context, orders::Order order) {
  if (order.total.amount != 0 || order.status != Status::kPending) {
    co_return order.status;
  }
  try {
    const auto paid =
        co_await pay(context, {.order = order.id, .buyer = order.user_id, .method = "none"});
    if (paid) co_return Status::kPaid;
  } catch (const std::exception& error) {
    metrics_.failures[payments::FailureCause::kBooks].increment();
    log_.warning("free_order_not_paid",
                 {{"order", order.id.value.to_string()}, {"reason", error.what()}});
  }
  co_return order.status;
}

Result<Paid> PaymentFlow::outcome_of(Payment payment, bool replayed) const {
  if (payment.status == PaymentStatus::kFailed) {
    return fail(errors::kPaymentDeclined,
                "the payment was declined: " + payment.failure.value_or("no reason was given"));
  }
  if (payment.goal == Goal::kReturned || !payments::rules::is_active(payment.status)) {
    return fail(errors::kPaymentConflict, "the money goes back, or is back already");
  }
  return Paid{.payment = std::move(payment), .replayed = replayed};
}

Task<Result<orders::Order>> PaymentFlow::refund(Context& context, OrderId id, Actor actor) {
  std::optional<Payment> payment;
  auto order =
      co_await pool_.retry(context, [&] { return begin_refund(context, id, actor, payment); });
  if (!order) co_return order;
  const auto settled = co_await try_to_settle(context, *std::move(payment));
  if (settled.status == PaymentStatus::kRefunded) {  // all its money is returned
    order = (co_await orders::store::find(pool_, context, id)).value();
  }
  co_return order;
}

Task<Result<orders::Order>> PaymentFlow::begin_refund(Context& context, OrderId id, Actor actor,
                                                      std::optional<Payment>& payment) {
  auto locked = co_await LockedOrder::lock(pool_, context, id, std::nullopt);
  if (!locked) co_return std::unexpected(locked.error());
  if (!orders::rules::is_legal(locked->status(), Status::kRefunded)) {
    co_return fail(errors::kIllegalTransition,
                   fmt::format("an order that is {} cannot become refunded",
                               name_of(orders::kStatusNames, locked->status())));
  }
  payment = locked->active_payment();
  if (!payment) {
    co_return fail(errors::kPaymentConflict, "there is no payment that could go back");
  }
  auto order = locked->order();
  if (payment->goal == Goal::kReturned) {
    co_await locked->transaction().commit();
  } else {
    const auto rows = co_await locked->transaction().pipeline(payments::refund_store::of_order(id));
    const auto refunds = payments::refund_store::read_refunds(rows[0]);
    if (std::ranges::any_of(refunds, &payments::Refund::is_requested)) {
      co_return fail(errors::kPaymentConflict, "a refund of a part is under way");
    }
    payment = return_money(*locked, actor);
    if (payment->provider == payments::kNothingToPay) {
      books_.apply(*locked, *payment, {.status = PaymentStatus::kRefunded}, actor);
    }
    co_await locked->commit(after_);
  }
  co_return order;
}

Task<Payment> PaymentFlow::try_to_settle(Context& context, Payment payment) {
  try {
    co_await settle(context, payment);
  } catch (const std::exception&) {  // the goal is committed; due again
    failed(payment, std::current_exception());
  }
  co_return payment;
}

Task<void> PaymentFlow::settle(Context& context, Payment& payment) {
  for (int steps = 0; steps < kMaxSteps; ++steps) {
    const auto step = payments::rules::next_step(payment.status, payment.goal, payment.pays_later);
    if (!step) break;
    auto charge = co_await caller_.run_step(payment, *step);
    payment = co_await pool_.retry(context, [&] { return record(context, payment, charge); });
  }
}

void PaymentFlow::failed(const Payment& payment, const std::exception_ptr& reason) {
  const auto failure = failure_of(reason);
  metrics_.failures[failure.cause].increment();
  log_.write(failure.level(), "payment_not_settled",
             {{"payment", payment.id.value.to_string()},
              {"status", name_of(payments::kStatusNames, payment.status)},
              {"goal", name_of(payments::kGoalNames, payment.goal)},
              {"cause", name_of(payments::kFailureCauseNames, failure.cause)},
              {"reason", std::string_view(failure.what)}});
}

Task<Payment> PaymentFlow::record(Context& context, Payment payment, Charge charge) {
  auto locked =
      (co_await LockedOrder::lock(pool_, context, payment.order_id, std::nullopt)).value();
  // Read under the lock: another request may have applied the same answer meanwhile.
  payment = locked.find_payment(payment.id).value();
  if (books_.apply(locked, payment, charge, payment.actor)) {
    co_await locked.commit(after_);
    metrics_.changes[payment.status].increment();
  } else {
    co_await locked.transaction().commit();
  }
  co_return payment;
}

Result<> PaymentFlow::verify(std::string_view provider, std::string_view signature,
                             std::string_view body) {
  const auto* const found = providers_.find(provider);
  if (found == nullptr) return fail(ErrorCode::kNotFound, "there is no such payment provider");
  switch (found->verify(signature, body)) {
    case SignatureVerdict::kGenuine:
      return {};
    case SignatureVerdict::kMalformed:
      metrics_.events[EventOutcome::kMalformed].increment();
      return fail(errors::kInvalidSignature, "there is no signature that could be read");
    case SignatureVerdict::kForged:
      metrics_.events[EventOutcome::kForged].increment();
      return fail(errors::kInvalidSignature, "the signature is not of this message");
    case SignatureVerdict::kStale:
      metrics_.events[EventOutcome::kStale].increment();
      return fail(errors::kInvalidSignature, "the signature is too old, or ahead of time");
  }
  std::unreachable();
}

Task<Result<>> PaymentFlow::apply(Context& context, payments::ProviderEvent event) {
  if (const auto valid = check(event); !valid) co_return valid;
  const auto outcome = co_await pool_.retry(context, [&] { return apply_once(context, event); });
  metrics_.events[outcome].increment();
  co_return Result<>();
}

// The provider need not send it again in any case: open questions are settled by a look-up.
Task<EventOutcome> PaymentFlow::apply_once(Context& context, const payments::ProviderEvent& event) {
  const auto reported = event.charge.status;
  const auto order = co_await payments::store::order_of(pool_, context, event.payment);
  std::optional<LockedOrder> locked;
  std::optional<Payment> payment;
  if (order) {
    locked.emplace((co_await LockedOrder::lock(pool_, context, *order, std::nullopt)).value());
    payment = locked->find_payment(event.payment);
  }
  if (!payment || payment->provider != event.provider) {
    contradicted(Contradiction::kUnknownPayment, event.payment, reported);
    co_return EventOutcome::kContradicting;
  }
  const auto rows = co_await locked->transaction().pipeline(
      payments::store::remember(event, clock_.now()),
      payments::store::with_reference(event.provider, event.charge.reference));
  if (rows[0].empty()) {
    co_await locked->transaction().commit();
    co_return EventOutcome::kReplayed;
  }

  auto kind =
      payments::rules::contradiction(*payment, event.amount, reported, event.charge.reference);
  if (!kind && payments::store::read_id(rows[1]).value_or(payment->id) != payment->id) {
    kind = Contradiction::kReference;
  }
  bool news = false;
  if (!kind) {
    news = books_.apply(*locked, *payment, event.charge, {.kind = ActorKind::kProvider});
  } else if (!payment->disagrees_since) {
    books_.mark_disagreement(*locked, *payment);
  }
  co_await locked->commit(after_);
  if (kind) contradicted(*kind, payment->id, reported);
  if (news) metrics_.changes[payment->status].increment();
  co_return kind ? EventOutcome::kContradicting
  : news         ? EventOutcome::kApplied
                 : EventOutcome::kIgnored;
}

void PaymentFlow::contradicted(Contradiction kind, PaymentId payment, PaymentStatus reported) {
  metrics_.contradictions[kind].increment();
  log_.warning("payment_contradicted",
               {{"payment", payment.value.to_string()},
                {"kind", name_of(payments::rules::kContradictionNames, kind)},
                {"reported", name_of(payments::kStatusNames, reported)}});
}

Task<Result<std::vector<Payment>>> PaymentFlow::list(Context& context, OrderId id,
                                                     std::optional<UserId> buyer) {
  const auto order = co_await orders::store::find(pool_, context, id);
  if (!order || (buyer && order->user_id != *buyer)) {
    co_return fail(ErrorCode::kNotFound, "there is no such order");
  }
  co_return co_await payments::store::list(pool_, context, id);
}

Task<std::size_t> PaymentFlow::resume(Context& context) {
  auto due = co_await payments::store::claim_due(pool_, context, clock_.now(), config_.retry_after,
                                                 config_.max_retry_pause);
  metrics_.resumed.add(static_cast<double>(due.size()));
  auto count = due.size();
  for (auto& payment : due) co_await resume_one(context, std::move(payment));
  count += co_await refunds_.resume(context);
  metrics_.waiting(co_await payments::store::waiting(pool_, context, clock_.now()));
  co_return count;
}

Task<void> PaymentFlow::resume_one(Context& context, Payment payment) {
  try {
    auto known = payment;
    if (!payment.pays_later) {
      const auto found = co_await caller_.look_up(payment);
      known = co_await pool_.retry(context, [&] { return compare(context, payment, found); });
    }
    // A lasting contradiction is left to an administrator.
    if (!known.disagrees_since) co_await settle(context, known);
  } catch (const std::exception&) {  // due again, with back-off
    failed(payment, std::current_exception());
  }
}

// Compares our books with the provider's, whose current state wins if the payment may legally reach
// it.
Task<Payment> PaymentFlow::compare(Context& context, Payment payment,
                                   std::optional<payments::Found> found) {
  if (!found && payment.status == PaymentStatus::kCreated) co_return payment;  // never sent
  auto locked =
      (co_await LockedOrder::lock(pool_, context, payment.order_id, std::nullopt)).value();
  payment = locked.find_payment(payment.id).value();
  const auto reported = found ? found->charge.status : payment.status;
  auto kind = found ? payments::rules::contradiction(payment, found->amount, reported,
                                                     found->charge.reference)
                    : Contradiction::kUnknownCharge;
  bool news = false;
  if (found && (!kind || kind == Contradiction::kStatus)) {
    const auto actor = kind ? Actor{.kind = ActorKind::kProvider} : payment.actor;
    news = books_.apply(locked, payment, found->charge, actor, Source::kLookedUp);
    if (news) kind.reset();
  }
  if (kind && !payment.disagrees_since) {
    books_.mark_disagreement(locked, payment);
  } else if (!kind && payment.disagrees_since) {
    books_.clear_disagreement(locked, payment);
  }
  co_await locked.commit(after_);
  if (kind) contradicted(*kind, payment.id, reported);
  if (news) metrics_.changes[payment.status].increment();
  co_return payment;
}

}  // namespace souk::checkout
