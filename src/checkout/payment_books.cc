#include "checkout/payment_books.h"

#include <algorithm>

#include "base/utf8.h"
#include "orders/rules.h"
#include "payments/rules.h"
#include "payments/store.h"

namespace souk::checkout {

using payments::Charge;
using payments::Goal;
using payments::Payment;
using PaymentStatus = payments::Status;
using payments::rules::News;

namespace {

bool is_news(PaymentStatus known, PaymentStatus reported, Source source) {
  const auto news = payments::rules::news(known, reported);
  return news == News::kNext || (source == Source::kLookedUp && news == News::kContradiction &&
                                 payments::rules::is_legal(known, reported));
}

// Whether another payment pays the order, or is about to.
bool is_paid_otherwise(const LockedOrder& order, const Payment& payment) {
  const auto active = order.active_payment();
  return active && active->id != payment.id && active->goal == Goal::kCaptured;
}

// Whether another payment's money is captured, even if it is being returned.
bool is_other_money_there(const LockedOrder& order, const Payment& payment) {
  return std::ranges::any_of(order.payments(), [&payment](const Payment& other) {
    return other.id != payment.id && other.status == PaymentStatus::kCaptured;
  });
}

}  // namespace

void PaymentBooks::insert(LockedOrder& order, const Payment& payment) const {
  order.add(payments::store::insert(payment, clock_.now() + retry_after_));
}

void PaymentBooks::update(LockedOrder& order, const Payment& payment) const {
  const auto now = clock_.now();
  order.add(
      payments::store::update(payment, now, payment.disagrees_since.value_or(now + retry_after_)));
}

bool PaymentBooks::apply(LockedOrder& order, Payment& payment, const Charge& charge,
                         const Actor& actor, Source source) const {
  if (!is_news(payment.status, charge.status, source)) return false;
  payment.status = charge.status;
  if (!charge.reference.empty()) payment.reference = charge.reference;
  payment.failure.reset();
  if (charge.status == PaymentStatus::kFailed) {
    payment.failure = clean_utf8(charge.reason, payments::kMaxFailureLength);
  }
  if (source == Source::kLookedUp) payment.disagrees_since.reset();
  // Too late if the order was cancelled or is paid otherwise: the money is returned.
  const bool otherwise = is_paid_otherwise(order, payment);
  const bool wanted =
      payment.goal == Goal::kCaptured && !otherwise && orders::rules::is_payable(order.status());
  if (payments::rules::is_active(payment.status) && !wanted) payment.goal = Goal::kReturned;
  update(order, payment);

  if (charge.status == PaymentStatus::kCaptured && wanted) pay(order, actor);
  if (charge.status == PaymentStatus::kRefunded && !otherwise &&
      !is_other_money_there(order, payment) &&
      orders::rules::is_legal(order.status(), orders::Status::kRefunded)) {
    order.step(orders::Status::kRefunded, actor, clock_.now(), ids_).value();
  }
  return true;
}

void PaymentBooks::pay(LockedOrder& order, const Actor& actor) const {
  const auto now = clock_.now();
  if (order.status() == orders::Status::kPending) {
    order.step(orders::Status::kConfirmed, actor, now, ids_, "by its payment").value();
  }
  order.step(orders::Status::kPaid, actor, now, ids_).value();
}

void PaymentBooks::mark_disagreement(LockedOrder& order, Payment& payment) const {
  payment.disagrees_since = clock_.now();
  update(order, payment);
}

void PaymentBooks::clear_disagreement(LockedOrder& order, Payment& payment) const {
  payment.disagrees_since.reset();
  update(order, payment);
}

std::optional<Payment> PaymentBooks::return_money(LockedOrder& order, const Actor& actor) const {
  auto payment = order.active_payment();
  if (!payment || payment->goal == Goal::kReturned) return payment;
  if (payments::rules::is_open(*payment)) payment->status = PaymentStatus::kCancelled;
  payment->goal = Goal::kReturned;
  payment->actor = actor;
  update(order, *payment);
  return payment;
}

void PaymentBooks::cancel_open(LockedOrder& order, const Actor& actor) const {
  auto payment = order.active_payment();
  if (!payment || !payments::rules::is_open(*payment)) return;
  payment->status = PaymentStatus::kCancelled;
  payment->actor = actor;
  update(order, *payment);
}

Payment PaymentBooks::pay_zero_total(LockedOrder& order, Payment payment) const {
  payment.provider = payments::kNothingToPay;
  payment.status = PaymentStatus::kCaptured;
  payment.method.reset();
  insert(order, payment);
  pay(order, payment.actor);
  return payment;
}

}  // namespace souk::checkout
