// Orders that share a transaction: what it reads, who gets the stock, what it writes. The number of
// statements does not depend on the number of orders, and no order makes another fail.
//
// Threading: one worker. Ownership: borrows the orders, which outlive it. No I/O of its own.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "accounts/store.h"
#include "base/clock.h"
#include "catalog/types.h"
#include "checkout/open_orders.h"
#include "checkout/own_holds.h"
#include "checkout/pending_order.h"
#include "inventory/rules.h"
#include "orders/number_blocks.h"
#include "orders/store.h"
#include "postgres/statement.h"

namespace souk::checkout {

struct OrderTerms {
  OpenLimits open;
  bool require_address = false;
};

class OrderBatch {
 public:
  // `numbers`: one for each order. REQUIRES: not empty, and no two of them with the same
  // idempotency key of one buyer.
  OrderBatch(std::span<PendingOrder* const> orders, OrderTerms terms, Timestamp now,
             orders::NumberRange numbers);

  // First round trip: locks buyers and networks with new open orders, claims keys, reads
  // addresses, locks reservations and stocks, reads prices; always in this order, so that
  // transactions cannot deadlock.
  std::vector<postgres::Call> reads() const;
  // Decides in order of arrival. An order with a reservation gets the lines that are left of it.
  void decide(std::span<const postgres::Rows> answers);
  // Products that an order was short of while units are reserved, perhaps by expired reservations.
  const std::vector<ProductId>& short_of_reserved() const { return short_of_reserved_; }

  bool writes_anything() const { return !placed_.empty(); }
  // Second round trip; the first result has the changed stocks. Includes each order's event for the
  // outbox.
  std::vector<postgres::Call> writes(UuidGenerator& ids) const;

  // After the commit, or if there is nothing to write: hands every order its decision.
  void settle(std::uint32_t statements);

 private:
  bool counts_open() const { return !openers_.empty() || !opening_networks_.empty(); }
  struct Answers;
  Answers read(std::span<const postgres::Rows> answers) const;
  Decision decide(std::size_t place, Answers& answers);
  // Where the order goes. Errors: unknown_address, address_required.
  Result<std::optional<orders::DeliveryAddress>> address_of(
      const PlaceOrder& request, const accounts::store::Delivery& delivery) const;
  Decision out_of_stock(std::vector<inventory::Shortage> shortages, const Answers& answers);

  std::span<PendingOrder* const> orders_;
  OrderTerms terms_;
  orders::NumberRange numbers_;
  Timestamp now_;
  std::vector<UserId> openers_;               // distinct buyers with limited orders
  std::vector<NetworkKey> opening_networks_;  // distinct networks of limited orders
  std::vector<orders::store::NewClaim> claims_;
  std::vector<accounts::store::DeliveryQuery> deliveries_;  // by order
  std::vector<UserId> buyers_;                              // distinct
  std::vector<ProductId> products_;                         // distinct

  std::vector<Decision> decisions_;  // by order; derived from them:
  std::vector<std::size_t> placed_;  // indexes in orders_
  OwnHolds holds_;
  std::vector<ProductId> short_of_reserved_;
  std::vector<orders::store::NewClaim> released_keys_;  // keys of refused orders
};

}  // namespace souk::checkout
