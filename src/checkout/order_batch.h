// Orders that share a transaction: what it has to ask, who gets what, what it has to write. The
// number of statements does not depend on the number of orders, and no order fails another one.
//
// Threading: one worker. Ownership: borrows the orders, which outlive it. No I/O of its own.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "catalog/types.h"
#include "checkout/pending_order.h"
#include "inventory/rules.h"
#include "orders/store.h"
#include "postgres/statement.h"

namespace souk::checkout {

class OrderBatch {
 public:
  // REQUIRES: not empty, and no two of them with the same idempotency key of one buyer.
  OrderBatch(std::span<PendingOrder* const> orders, Timestamp now);

  // First trip: claims keys, locks reservations and stocks, reads prices. The claims come first, so
  // that who waits for another transaction's holds nothing else.
  std::vector<postgres::Call> questions() const;
  // In order of arrival.
  void decide(std::span<const postgres::Rows> answers);

  bool writes_anything() const { return !placed_.empty(); }
  // Second trip; the first call answers with the changed stocks. Each order tells of itself in the
  // outbox.
  std::vector<postgres::Call> writes(UuidGenerator& ids) const;

  // Once that is committed, or nothing was to be written: every order learns its decision.
  void settle(std::uint32_t statements);

 private:
  struct Answers;
  Answers read(std::span<const postgres::Rows> answers) const;
  Decision decide(const PendingOrder& order, Answers& answers) const;

  std::span<PendingOrder* const> orders_;
  Timestamp now_;
  std::vector<orders::store::NewClaim> claims_;
  std::vector<std::pair<UserId, AddressId>> addresses_;
  std::vector<ReservationId> reservations_;
  std::vector<ProductId> products_;  // distinct

  std::vector<Decision> decisions_;                  // by order, and what follows from them:
  std::vector<std::size_t> placed_;                  // their places in `orders_`
  std::vector<orders::store::NewClaim> given_back_;  // keys of orders that were refused
};

}  // namespace souk::checkout
