// Inventory answers one question safely: may this many units be promised? A unit is on hand and,
// of these, perhaps reserved; the database enforces 0 <= reserved <= on_hand, so a bug here cannot
// oversell.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows the pool, which outlives it.
#pragma once

#include <vector>

#include "base/error.h"
#include "inventory/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::inventory {

class Inventory {
 public:
  explicit Inventory(postgres::Pool& pool) : pool_(pool) {}

  // One statement each. All throw postgres::Unavailable and its kin.

  // In the order of `ids`; a product that never had stock has none.
  runtime::Task<std::vector<Stock>> stocks(runtime::Context& context, std::vector<ProductId> ids);
  // Sets what is on hand. Errors: validation_failed when out of range or below what is reserved,
  // not_found when there is no such product.
  runtime::Task<Result<Stock>> set_on_hand(runtime::Context& context, ProductId id,
                                           std::int32_t on_hand);

 private:
  postgres::Pool& pool_;
};

}  // namespace souk::inventory
