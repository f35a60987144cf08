#include "checkout/payment_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "orders/rules.h"
#include "orders/store.h"
#include "payments/store.h"

namespace souk::checkout {

using orders::Status;
using payments::Charge;
using payments::EventOutcome;
using payments::Goal;
using payments::Payment;
using payments::rules::Step;
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

// The payment that a request of this kind has made before.
std::optional<Payment> earlier(const LockedOrder& order, const Pay& wanted) {
  if (wanted.idempotency_key) {
    const auto same =
        std::ranges::find(order.payments(), wanted.idempotency_key, &Payment::idempotency_key);
    if (same != order.payments().end()) return *same;
  }
  return order.active_payment();
}

}  // namespace

PaymentFlow::PaymentFlow(postgres::Pool& pool, AfterCommit after, payments::Providers providers,
                         const Clock& clock, UuidGenerator& ids, payments::Metrics& metrics,
                         PaymentConfig config)
    : pool_(pool),
      after_(after),
      providers_(std::move(providers)),
      clock_(clock),
      ids_(ids),
      metrics_(metrics),
      config_(config) {}

Task<Result<Paid>> PaymentFlow::pay(Context& context, Pay wanted) {
  if (const auto valid = check(wanted); !valid) co_return std::unexpected(valid.error());
  const auto* const provider = providers_.first();
  if (provider == nullptr) {
    co_return fail(ErrorCode::kPaymentConflict, "no payment provider is on");
  }
  auto locked = co_await LockedOrder::lock(pool_, context, wanted.order, wanted.buyer);
  if (!locked) co_return std::unexpected(locked.error());

  auto payment = earlier(*locked, wanted);
  const bool replayed = payment.has_value();
  if (replayed) {
    if (payment->method && *payment->method != wanted.method) {
      co_return fail(ErrorCode::kPaymentConflict, "another payment of the order is under way");
    }
    co_await locked->transaction().rollback();
  } else {
    if (!orders::rules::is_payable(locked->status())) {
      co_return fail(ErrorCode::kPaymentConflict, "the order is " + locked->order().status);
    }
    if (locked->payments().size() >= payments::kMaxPaymentsPerOrder) {
      co_return fail(ErrorCode::kLimitReached, fmt::format("an order has at most {} payments",
                                                           payments::kMaxPaymentsPerOrder));
    }
    const auto now = clock_.now();
    payment = Payment{.id = PaymentId{ids_.next()},
                      .order_id = wanted.order,
                      .provider = std::string(provider->name()),
                      .amount = locked->order().total,
                      .method = std::move(wanted.method),
                      .idempotency_key = std::move(wanted.idempotency_key),
                      .actor = {ActorKind::kCustomer, wanted.buyer.value},
                      .created_at = now};
    locked->add(payments::store::insert(*payment, now + config_.retry_after));
    co_await locked->commit(after_);
  }
  co_return outcome_of(co_await try_to_settle(context, *std::move(payment)), replayed);
}

Result<Paid> PaymentFlow::outcome_of(Payment payment, bool replayed) const {
  if (payment.status == PaymentStatus::kFailed) {
    return fail(ErrorCode::kPaymentDeclined,
                "the payment was declined: " + payment.failure.value_or("no reason was given"));
  }
  if (payment.goal == Goal::kReturned || !payments::rules::is_active(payment.status)) {
    return fail(ErrorCode::kPaymentConflict, "the money goes back, or is back already");
  }
  return Paid{.payment = std::move(payment), .replayed = replayed};
}

Task<Result<orders::Order>> PaymentFlow::refund(Context& context, OrderId id, Actor actor) {
  auto locked = co_await LockedOrder::lock(pool_, context, id, std::nullopt);
  if (!locked) co_return std::unexpected(locked.error());
  if (!orders::rules::is_legal(locked->status(), Status::kRefunded)) {
    co_return fail(
        ErrorCode::kIllegalTransition,
        fmt::format("an order that is {} cannot become refunded", locked->order().status));
  }
  auto payment = locked->active_payment();
  if (!payment) {
    co_return fail(ErrorCode::kPaymentConflict, "there is no payment that could go back");
  }
  auto order = locked->order();
  if (payment->goal == Goal::kReturned) {
    co_await locked->transaction().rollback();
  } else {
    payment = give_back(*locked, actor);
    co_await locked->commit(after_);
  }
  const auto settled = co_await try_to_settle(context, *std::move(payment));
  if (settled.status == PaymentStatus::kRefunded) {
    order.status = name_of(orders::kStatusNames, Status::kRefunded);
  }
  co_return order;
}

std::optional<Payment> PaymentFlow::give_back(LockedOrder& order, const Actor& actor) const {
  auto payment = order.active_payment();
  if (!payment || payment->goal == Goal::kReturned) return payment;
  payment->goal = Goal::kReturned;
  payment->actor = actor;
  order.add(update(*payment));
  return payment;
}

postgres::Call PaymentFlow::update(const Payment& payment) const {
  const auto now = clock_.now();
  return payments::store::update(payment, now, now + config_.retry_after);
}

Task<Payment> PaymentFlow::try_to_settle(Context& context, Payment payment) {
  try {
    co_return co_await settle(context, payment);
  } catch (const std::exception&) {  // what is wanted is committed, and due again
  }
  co_return payment;
}

Task<Payment> PaymentFlow::settle(Context& context, Payment payment) {
  for (int steps = 0; steps < kMaxSteps; ++steps) {
    const auto step = payments::rules::next_step(payment.status, payment.goal);
    if (!step) break;
    auto charge = co_await ask(payment, *step);
    payment = co_await record(context, std::move(payment), std::move(charge));
  }
  co_return payment;
}

Task<Charge> PaymentFlow::ask(const Payment& payment, Step step) {
  const auto start = std::chrono::steady_clock::now();
  // The provider has its own time: a client that is in a hurry must not leave a charge unknown.
  Context context{.deadline = start + config_.provider_timeout};
  try {
    auto charge = co_await call(context, payment, step);
    metrics_.answered(step, std::chrono::steady_clock::now() - start);
    co_return charge;
  } catch (const payments::ProviderUnavailable&) {
    metrics_.unanswered(step);
    throw;
  }
}

Task<Charge> PaymentFlow::call(Context& context, const Payment& payment, Step step) {
  auto* const provider = providers_.find(payment.provider);
  if (provider == nullptr) {
    throw payments::ProviderUnavailable("the provider " + payment.provider + " is not on");
  }
  auto key = payments::rules::idempotency_key(payment.id, step);
  const auto reference = payment.reference.value_or("");
  switch (step) {
    case Step::kAuthorise:
      return provider->authorise(
          context,
          {.payment = payment.id, .amount = payment.amount, .method = payment.method.value_or("")},
          std::move(key));
    case Step::kCapture:
      return provider->capture(context, reference, std::move(key));
    case Step::kRefund:
      return provider->refund(context, reference, std::move(key));
    case Step::kCancel:
      return provider->cancel(context, reference, std::move(key));
  }
  std::unreachable();
}

Task<Payment> PaymentFlow::record(Context& context, Payment payment, Charge charge) {
  auto locked =
      (co_await LockedOrder::lock(pool_, context, payment.order_id, std::nullopt)).value();
  // As it stands behind the lock: somebody else may have learnt the same meanwhile.
  const auto now = std::ranges::find(locked.payments(), payment.id, &Payment::id);
  payment = *now;
  if (learn(locked, payment, charge, payment.actor)) {
    co_await locked.commit(after_);
    metrics_.changed(payment.status);
  } else {
    co_await locked.transaction().rollback();
  }
  co_return payment;
}

bool PaymentFlow::learn(LockedOrder& order, Payment& payment, const Charge& charge,
                        const Actor& actor) const {
  if (payments::rules::news(payment.status, charge.status) != payments::rules::News::kNext) {
    return false;
  }
  payment.status = charge.status;
  payment.reference = charge.reference;
  if (charge.status == PaymentStatus::kFailed) {
    payment.failure = charge.reason.substr(0, payments::kMaxFailureLength);
  }
  const bool captured = charge.status == PaymentStatus::kCaptured;
  const bool wanted = payment.goal == Goal::kCaptured && orders::rules::is_payable(order.status());
  // Too late: the order was cancelled. Its money goes the same way back.
  if (captured && !wanted) payment.goal = Goal::kReturned;
  order.add(update(payment));

  const auto now = clock_.now();
  if (captured && wanted) {
    if (order.status() == Status::kPending) {
      order.step(Status::kConfirmed, actor, now, ids_, "by its payment").value();
    }
    order.step(Status::kPaid, actor, now, ids_).value();
  }
  if (charge.status == PaymentStatus::kRefunded &&
      orders::rules::is_legal(order.status(), Status::kRefunded)) {
    order.step(Status::kRefunded, actor, now, ids_).value();
  }
  return true;
}

Result<> PaymentFlow::verify(std::string_view provider, std::string_view signature,
                             std::string_view body) {
  const auto* const found = providers_.find(provider);
  if (found == nullptr) return fail(ErrorCode::kNotFound, "there is no such payment provider");
  switch (found->verify(signature, body)) {
    case payments::Verdict::kGenuine:
      return {};
    case payments::Verdict::kMalformed:
      metrics_.event(EventOutcome::kMalformed);
      return fail(ErrorCode::kInvalidSignature, "there is no signature that could be read");
    case payments::Verdict::kForged:
      metrics_.event(EventOutcome::kForged);
      return fail(ErrorCode::kInvalidSignature, "the signature is not of this message");
    case payments::Verdict::kStale:
      metrics_.event(EventOutcome::kStale);
      return fail(ErrorCode::kInvalidSignature, "the signature is too old, or ahead of time");
  }
  std::unreachable();
}

Task<Result<>> PaymentFlow::apply(Context& context, payments::ProviderEvent event) {
  if (const auto valid = check(event); !valid) co_return valid;
  metrics_.event(co_await apply_once(context, event));
  co_return Result<>();
}

Task<EventOutcome> PaymentFlow::apply_once(Context& context, const payments::ProviderEvent& event) {
  const auto order = co_await payments::store::order_of(pool_, context, event.payment);
  if (!order) co_return EventOutcome::kIgnored;
  auto locked = (co_await LockedOrder::lock(pool_, context, *order, std::nullopt)).value();
  const auto kept =
      co_await locked.transaction().pipeline(payments::store::remember(event, clock_.now()));
  if (kept[0].empty()) co_return EventOutcome::kReplayed;

  auto payment = *std::ranges::find(locked.payments(), event.payment, &Payment::id);
  const bool ours = payment.amount == event.amount &&
                    (!payment.reference || *payment.reference == event.charge.reference);
  const bool news = ours && learn(locked, payment, event.charge, {.kind = ActorKind::kProvider});
  co_await locked.commit(after_);
  if (!news) co_return EventOutcome::kIgnored;
  metrics_.changed(payment.status);
  co_return EventOutcome::kApplied;
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
  metrics_.resumed(due.size());
  std::exception_ptr failure;
  for (auto& payment : due) {
    try {
      co_await try_to_settle(context, std::move(payment));
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  co_return due.size();
}

}  // namespace souk::checkout
