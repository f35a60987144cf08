#include "checkout/payment_receipts.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "checkout/error_codes.h"
#include "checkout/rules.h"
#include "payments/rules.h"
#include "payments/store.h"

namespace souk::checkout {

using payments::Goal;
using payments::Payment;
using runtime::Context;
using runtime::Task;
using PaymentStatus = payments::Status;

namespace {

RequestHash hash_of(const Receipt& receipt, PaymentStatus to) {
  return hash_of_request(fmt::format("{} {}\n{} {}\n{}", receipt.payment.value.to_string(),
                                     name_of(payments::kStatusNames, to), receipt.amount.amount,
                                     receipt.amount.currency.text(), receipt.reference));
}

// A receipt is stored as an event of the provider, so that its key is used once.
payments::ProviderEvent event_of(const Receipt& receipt, const Payment& payment, PaymentStatus to) {
  const auto who = receipt.actor.id.value_or(Uuid{}).to_string();
  return {.provider = payment.provider,
          .id = to_hex(hash_of_request(who + " " + receipt.idempotency_key.value_or(""))),
          .payment = payment.id,
          .charge = {.reference = receipt.reference, .status = to},
          .amount = receipt.amount};
}

Result<> check(const Receipt& receipt) {
  if (rules::is_line(receipt.reference, payments::kMaxReferenceLength)) return {};
  return fail(ErrorCode::kValidationFailed, "the receipt is not valid",
              {{"/reference", fmt::format("must be 1 to {} characters on one line",
                                          payments::kMaxReferenceLength)}});
}

}  // namespace

Task<Result<Recorded>> PaymentReceipts::capture(Context& context, Receipt receipt) {
  return record(context, std::move(receipt), PaymentStatus::kCaptured);
}

Task<Result<Recorded>> PaymentReceipts::refund(Context& context, Receipt receipt) {
  return record(context, std::move(receipt), PaymentStatus::kRefunded);
}

Task<Result<Recorded>> PaymentReceipts::record(Context& context, Receipt receipt,
                                               PaymentStatus to) {
  if (const auto valid = check(receipt); !valid) co_return std::unexpected(valid.error());
  co_return co_await pool_.retry(context, [&] { return record_once(context, receipt, to); });
}

Task<Result<Recorded>> PaymentReceipts::record_once(Context& context, const Receipt& receipt,
                                                    PaymentStatus to) {
  auto locked = co_await LockedOrder::lock(pool_, context, receipt.order, std::nullopt);
  if (!locked) co_return std::unexpected(locked.error());
  auto payment = locked->find_payment(receipt.payment);
  if (!payment) co_return fail(ErrorCode::kNotFound, "the order has no such payment");
  if (!payment->pays_later) {
    co_return fail(errors::kPaymentConflict, "the payment's provider records it by itself");
  }
  const auto hash = hash_of(receipt, to);
  const auto event = event_of(receipt, *payment, to);
  std::vector<postgres::Call> calls;
  calls.push_back(payments::store::with_reference(payment->provider, receipt.reference));
  if (receipt.idempotency_key) {
    calls.push_back(payments::store::event_hash(event.provider, event.id));
    calls.push_back(payments::store::remember(event, clock_.now(), hash));
  }
  const auto rows = co_await locked->transaction().pipeline(std::move(calls));
  if (receipt.idempotency_key && rows[2].empty()) {
    if (rows[1].empty() || payments::store::read_hash(rows[1]) != hash) {
      co_return std::unexpected(rules::key_reused("receipt"));
    }
    co_await locked->transaction().commit();  // waits until the standby has it
    co_return Recorded{.payment = *std::move(payment), .replayed = true};
  }
  const auto owner = payments::store::read_id(rows[0]);
  if (owner && *owner != payment->id) {
    co_return fail(errors::kPaymentConflict, "the reference is that of another payment");
  }
  const auto applied = apply(*locked, *payment, receipt, to);
  if (!applied) co_return std::unexpected(applied.error());
  co_await locked->commit(after_);
  if (*applied) metrics_.changes[payment->status].increment();
  co_return Recorded{.payment = *std::move(payment), .replayed = !*applied};
}

Result<bool> PaymentReceipts::apply(LockedOrder& order, Payment& payment, const Receipt& receipt,
                                    PaymentStatus to) const {
  const bool refunds = to == PaymentStatus::kRefunded;
  // A repeated receipt is of what was left before it.
  const bool is_repeated = refunds && payment.status == PaymentStatus::kRefunded;
  const auto amount = refunds ? payment.left() : payment.amount;
  if (!is_repeated && amount != receipt.amount) {
    return fail(ErrorCode::kValidationFailed, "the receipt is not of the payment's amount",
                {{"/amount", "must be " + to_text(amount)}});
  }
  const auto& known = refunds ? payment.refund_reference : payment.reference;
  if (known == receipt.reference) return false;
  const bool possible = refunds ? payment.status == PaymentStatus::kCaptured : !known.has_value();
  if (!possible) {
    return fail(errors::kPaymentConflict,
                fmt::format("the payment is {}", name_of(payments::kStatusNames, payment.status)));
  }
  if (refunds) {
    payment.goal = Goal::kReturned;
    payment.refund_reference = receipt.reference;
  }
  payment.actor = receipt.actor;
  const payments::Charge charge{.reference = refunds ? "" : receipt.reference, .status = to};
  return books_.apply(order, payment, charge, receipt.actor, Source::kLookedUp);
}

}  // namespace souk::checkout
