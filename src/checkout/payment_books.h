// What is learnt of a payment meets its order here, under the order's lock: money that came pays
// the order, money that went back refunds it, and money that nobody waits for goes back.
//
// Threading: loop thread only. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "checkout/locked_order.h"
#include "payments/provider.h"

namespace souk::checkout {

enum class Word : std::uint8_t {
  kMessage,   // of the past, perhaps
  kLookedUp,  // how it is now
};

class PaymentBooks {
 public:
  // A payment that is not settled after `retry_after` is due.
  PaymentBooks(const Clock& clock, UuidGenerator& ids, std::chrono::milliseconds retry_after)
      : clock_(clock), ids_(ids), retry_after_(retry_after) {}

  // All of these gather calls in the order's transaction.

  void insert(LockedOrder& order, const payments::Payment& payment) const;
  // What the provider's word changes. False: nothing.
  bool learn(LockedOrder& order, payments::Payment& payment, const payments::Charge& charge,
             const Actor& actor, Word word = Word::kMessage) const;
  // The provider's books say something else: it is looked up at once.
  void disagree(LockedOrder& order, payments::Payment& payment) const;
  void agree(LockedOrder& order, payments::Payment& payment) const;
  // Marks the money of the order to go back; what has not come is not waited for.
  std::optional<payments::Payment> give_back(LockedOrder& order, const Actor& actor) const;
  // Ends what is open, for another payment. Money that comes all the same may still be recorded.
  void give_way(LockedOrder& order, const Actor& actor) const;
  // An order whose total is 0: paid by a payment of nothing.
  payments::Payment pay_nothing(LockedOrder& order, payments::Payment payment) const;

 private:
  void update(LockedOrder& order, const payments::Payment& payment) const;
  void pay(LockedOrder& order, const Actor& actor) const;

  const Clock& clock_;
  UuidGenerator& ids_;
  const std::chrono::milliseconds retry_after_;
};

}  // namespace souk::checkout
