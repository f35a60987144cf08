// How much a refund of a part returns; pure.
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "orders/types.h"
#include "payments/types.h"

namespace souk::checkout {

// Returns a part of an order's money: an amount, or the price of units.
struct RefundPart {
  OrderId order;
  std::optional<Money> amount = {};                               // either this
  std::optional<std::vector<payments::Refund::Item>> items = {};  // or these
  std::string reason = {};
  std::optional<std::string> reference = {};  // of money that a person returned
  std::optional<std::string> idempotency_key = {};
  Actor actor = {};
};

namespace rules {

// Errors: validation_failed.
Result<> check(const RefundPart& wanted);

// What it returns of a payment. REQUIRES: checked. Errors: validation_failed for units that are not
// of the order or are refunded already, for nothing, and for more than is left of the payment.
Result<Money> amount_of(const RefundPart& wanted, const orders::Order& order,
                        const payments::Payment& payment);

std::string canonical(const RefundPart& wanted);

}  // namespace rules
}  // namespace souk::checkout
