#include "checkout/refund_flow.h"

#include <algorithm>

#include "checkout/error_codes.h"
#include "checkout/payment_failure.h"
#include "checkout/rules.h"
#include "orders/store.h"
#include "payments/refund_store.h"
#include "payments/store.h"

namespace souk::checkout {

using payments::Goal;
using payments::Payment;
using payments::Refund;
using payments::RefundStatus;
using runtime::Context;
using runtime::Task;
using PaymentStatus = payments::Status;

namespace {

// The payment whose money is there, and stays.
std::optional<Payment> captured_payment(const LockedOrder& order) {
  auto payment = order.active_payment();
  if (payment && payment->status == PaymentStatus::kCaptured && payment->goal == Goal::kCaptured) {
    return payment;
  }
  return std::nullopt;
}

}  // namespace

Task<Result<Refunded>> RefundFlow::refund(Context& context, RefundPart wanted) {
  if (const auto valid = rules::check(wanted); !valid) co_return std::unexpected(valid.error());
  auto begun = co_await pool_.retry(context, [&] { return begin(context, wanted); });
  if (begun && begun->refund.is_requested()) {
    begun->refund = co_await try_to_settle(context, std::move(begun->refund));
  }
  co_return begun;
}

Task<Result<Refunded>> RefundFlow::begin(Context& context, const RefundPart& wanted) {
  auto locked = co_await LockedOrder::lock(pool_, context, wanted.order, std::nullopt);
  if (!locked) co_return std::unexpected(locked.error());
  const auto rows =
      co_await locked->transaction().pipeline(payments::refund_store::of_order(wanted.order));
  auto earlier = payments::refund_store::read_refunds(rows[0]);
  const auto hash = hash_of_request(rules::canonical(wanted));
  if (const auto same =
          std::ranges::find(earlier, wanted.idempotency_key, &Refund::idempotency_key);
      wanted.idempotency_key && same != earlier.end()) {
    if (same->request_hash != hash) co_return std::unexpected(rules::key_reused("refund"));
    co_await locked->transaction().commit();  // waits until the standby has it
    co_return Refunded{.refund = std::move(*same), .replayed = true};
  }
  if (const auto legal = locked->check_step(orders::Status::kRefunded); !legal) {
    co_return std::unexpected(legal.error());
  }
  auto payment = captured_payment(*locked);
  if (!payment || payment->provider == payments::kNothingToPay) {
    co_return fail(errors::kPaymentConflict, "there is no payment a part of which could go back");
  }
  if (earlier.size() >= payments::kMaxRefunds) {
    co_return fail(ErrorCode::kLimitReached, "too many refunds: refund all that is left");
  }
  const auto amount = rules::amount_of(wanted, locked->order(), *payment);
  if (!amount) co_return std::unexpected(amount.error());
  const auto now = clock_.now();
  Refund refund{.id = payments::RefundId{ids_.next()},
                .order_id = wanted.order,
                .payment_id = payment->id,
                .amount = *amount,
                .status = payment->pays_later ? RefundStatus::kDone : RefundStatus::kRequested,
                .reason = wanted.reason,
                .reference = wanted.reference,
                .actor = wanted.actor,
                .idempotency_key = wanted.idempotency_key,
                .request_hash = hash,
                .created_at = now,
                .items = wanted.items.value_or(std::vector<Refund::Item>{})};
  locked->refund(refund, now + config_.retry_after, ids_);
  bool is_all = false;
  if (!refund.is_requested()) {
    payment->refunded.amount += refund.amount.amount;
    is_all = book(*locked, *std::move(payment), refund,
                  std::ranges::any_of(earlier, &Refund::is_requested));
  }
  co_await locked->commit(after_);
  if (is_all) instruments_.metrics.changes[PaymentStatus::kRefunded].increment();
  co_return Refunded{.refund = std::move(refund)};
}

Task<Refund> RefundFlow::try_to_settle(Context& context, Refund refund) {
  try {
    const auto payments = co_await payments::store::list(pool_, context, refund.order_id);
    const auto payment = std::ranges::find(payments, refund.payment_id, &Payment::id);
    if (payment == payments.end()) throw std::logic_error("a refund of no payment");
    const auto charge = co_await caller_.refund(*payment, refund);
    co_return co_await pool_.retry(
        context, [&] { return record(context, refund.id, refund.order_id, charge); });
  } catch (const std::exception&) {  // the refund is committed; due again
    const auto failure = failure_of(std::current_exception());
    instruments_.metrics.failures[failure.cause].increment();
    instruments_.log.write(failure.level(), "refund_not_settled",
                           {{"refund", refund.id.value.to_string()},
                            {"order", refund.order_id.value.to_string()},
                            {"cause", name_of(payments::kFailureCauseNames, failure.cause)},
                            {"reason", std::string_view(failure.what)}});
  }
  co_return refund;
}

Task<Refund> RefundFlow::record(Context& context, payments::RefundId id, OrderId order,
                                payments::Charge charge) {
  auto locked = (co_await LockedOrder::lock(pool_, context, order, std::nullopt)).value();
  const auto rows = co_await locked.transaction().pipeline(payments::refund_store::of_order(order));
  auto refunds = payments::refund_store::read_refunds(rows[0]);
  // Read under the lock: another request may have recorded the same answer meanwhile.
  auto refund = *std::ranges::find(refunds, id, &Refund::id);
  if (!refund.is_requested()) {
    co_await locked.transaction().commit();
    co_return refund;
  }
  refund.status = RefundStatus::kDone;
  locked.add(payments::refund_store::finish(id));
  const bool more = charge.status != PaymentStatus::kRefunded &&
                    std::ranges::count_if(refunds, &Refund::is_requested) > 1;
  auto payment = locked.find_payment(refund.payment_id).value();
  if (charge.status == PaymentStatus::kRefunded) payment.refunded = payment.amount;
  const bool is_all = book(locked, std::move(payment), refund, more);
  co_await locked.commit(after_);
  if (is_all) instruments_.metrics.changes[PaymentStatus::kRefunded].increment();
  co_return refund;
}

bool RefundFlow::book(LockedOrder& order, Payment payment, const Refund& refund, bool more) const {
  // The provider said so by itself, or returned all with another refund.
  if (payment.status == PaymentStatus::kRefunded) return false;
  if (payment.left().amount > 0 || more) {
    order.return_part(refund.amount, ids_);
    return false;
  }
  return books_.apply(order, payment, {.reference = "", .status = PaymentStatus::kRefunded},
                      refund.actor);
}

Task<Result<std::vector<Refund>>> RefundFlow::list(Context& context, OrderId id,
                                                   std::optional<UserId> buyer) {
  const auto order = co_await orders::store::find(pool_, context, id);
  if (!order || (buyer && order->user_id != *buyer)) {
    co_return fail(ErrorCode::kNotFound, "there is no such order");
  }
  co_return co_await payments::refund_store::list(pool_, context, id);
}

Task<std::size_t> RefundFlow::resume(Context& context) {
  auto due = co_await payments::refund_store::claim_due(
      pool_, context, clock_.now(), config_.retry_after, config_.max_retry_pause);
  instruments_.metrics.resumed.add(static_cast<double>(due.size()));
  const auto count = due.size();
  for (auto& refund : due) co_await try_to_settle(context, std::move(refund));
  co_return count;
}

}  // namespace souk::checkout
