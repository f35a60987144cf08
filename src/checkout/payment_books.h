// Applies what is learnt about a payment to its order, under the order's lock: received money pays
// the order, returned money refunds it, and money that is not wanted any more is returned.
//
// Threading: loop thread only. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "checkout/locked_order.h"
#include "payments/provider.h"

namespace souk::checkout {

enum class Source : std::uint8_t {
  kMessage,   // may be outdated
  kLookedUp,  // the current state
};

class PaymentBooks {
 public:
  // An unsettled payment is due again after `retry_after`.
  PaymentBooks(const Clock& clock, UuidGenerator& ids, std::chrono::milliseconds retry_after)
      : clock_(clock), ids_(ids), retry_after_(retry_after) {}

  // All of these add calls to the order's transaction.

  void insert(LockedOrder& order, const payments::Payment& payment) const;
  // Applies the provider's state of a charge. False: no change.
  bool apply(LockedOrder& order, payments::Payment& payment, const payments::Charge& charge,
             const Actor& actor, Source source = Source::kMessage) const;
  // Records that the provider's books contradict ours: the payment is looked up at once.
  void mark_disagreement(LockedOrder& order, payments::Payment& payment) const;
  void clear_disagreement(LockedOrder& order, payments::Payment& payment) const;
  // Marks the order's money for return; cancels a payment that is still open.
  std::optional<payments::Payment> return_money(LockedOrder& order, const Actor& actor) const;
  // Cancels an open payment, to make room for another one. Money that arrives anyway can still be
  // recorded.
  void cancel_open(LockedOrder& order, const Actor& actor) const;
  // Pays an order whose total is 0 with a payment of 0.
  payments::Payment pay_zero_total(LockedOrder& order, payments::Payment payment) const;

 private:
  void update(LockedOrder& order, const payments::Payment& payment) const;
  void pay(LockedOrder& order, const Actor& actor) const;

  const Clock& clock_;
  UuidGenerator& ids_;
  const std::chrono::milliseconds retry_after_;
};

}  // namespace souk::checkout
