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
#include "checkout/open_orders.h"
#include "checkout/own_holds.h"
#include "checkout/pending_order.h"
#include "inventory/rules.h"
#include "orders/store.h"
#include "postgres/statement.h"

namespace souk::checkout {

class OrderBatch {
 public:
  // REQUIRES: not empty, and no two of them with the same idempotency key of one buyer.
  OrderBatch(std::span<PendingOrder* const> orders, OpenLimits limits, Timestamp now);

  // First trip: locks who opens orders, claims keys, locks reservations and stocks, reads prices;
  // in this order, the same for everybody, so that no two transactions wait for each other.
  std::vector<postgres::Call> questions() const;
  // In order of arrival. An order that names a reservation is of what is left of that.
  void decide(std::span<const postgres::Rows> answers);
  // Products that somebody was short of while units of them are reserved: perhaps by reservations
  // whose time is over.
  const std::vector<ProductId>& short_of_reserved() const { return short_of_reserved_; }

  bool writes_anything() const { return !placed_.empty(); }
  // Second trip; the first call answers with the changed stocks. Each order tells of itself in the
  // outbox.
  std::vector<postgres::Call> writes(UuidGenerator& ids) const;

  // Once that is committed, or nothing was to be written: every order learns its decision.
  void settle(std::uint32_t statements);

 private:
  bool counts_open() const { return !openers_.empty() || !opening_networks_.empty(); }
  struct Answers;
  Answers read(std::span<const postgres::Rows> answers) const;
  Decision decide(std::size_t place, Answers& answers);
  Decision out_of_stock(std::vector<inventory::Shortage> shortages, const Answers& answers);

  std::span<PendingOrder* const> orders_;
  OpenLimits limits_;
  Timestamp now_;
  std::vector<UserId> openers_;               // distinct buyers whose orders are limited
  std::vector<NetworkKey> opening_networks_;  // and their networks
  std::vector<orders::store::NewClaim> claims_;
  std::vector<std::pair<UserId, AddressId>> addresses_;
  std::vector<UserId> buyers_;       // distinct
  std::vector<ProductId> products_;  // distinct

  std::vector<Decision> decisions_;                  // by order, and what follows from them:
  std::vector<std::size_t> placed_;                  // their places in `orders_`
  std::vector<std::vector<std::int32_t>> reserved_;  // by order: units of each line that it held
  OwnHolds holds_;
  std::vector<ProductId> short_of_reserved_;
  std::vector<orders::store::NewClaim> given_back_;  // keys of orders that were refused
};

}  // namespace souk::checkout
