// Records money moved outside of the shop, for a provider that pays later: an administrator records
// that it arrived, which pays the order, or that it was returned, which refunds it.
//
// Threading: one instance per worker; never shared. Ownership: borrows all it is made from.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "checkout/payment_books.h"
#include "payments/metrics.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::checkout {

struct Receipt {
  OrderId order;
  PaymentId payment;
  Money amount;
  std::string reference;  // the bank's or the carrier's
  Actor actor;
  std::optional<std::string> idempotency_key = {};
};

struct Recorded {
  payments::Payment payment;
  bool replayed = false;  // it was recorded before
};

class PaymentReceipts {
 public:
  PaymentReceipts(postgres::Pool& pool, AfterCommit after, const Clock& clock, UuidGenerator& ids,
                  payments::Metrics& metrics)
      : pool_(pool), after_(after), clock_(clock), metrics_(metrics), books_(clock, ids, {}) {}

  // Both throw any Failure.
  // Errors: not_found, validation_failed (another amount than the payment's, too),
  // payment_conflict, idempotency_key_reused.

  // Records received money. If the order was cancelled meanwhile, it must be returned.
  runtime::Task<Result<Recorded>> capture(runtime::Context& context, Receipt receipt);
  // Records that all of it was returned.
  runtime::Task<Result<Recorded>> refund(runtime::Context& context, Receipt receipt);

 private:
  runtime::Task<Result<Recorded>> record(runtime::Context& context, Receipt receipt,
                                         payments::Status to);
  runtime::Task<Result<Recorded>> record_once(runtime::Context& context, const Receipt& receipt,
                                              payments::Status to);
  // Applies the receipt to the payment. False: it was applied before.
  Result<bool> apply(LockedOrder& order, payments::Payment& payment, const Receipt& receipt,
                     payments::Status to) const;

  postgres::Pool& pool_;
  AfterCommit after_;
  const Clock& clock_;
  payments::Metrics& metrics_;
  const PaymentBooks books_;
};

}  // namespace souk::checkout
