// The stock's books for those who keep it: changes by hand with a reason, what moved and why, and
// what is running out. Administrators read it: nothing of it is cached.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows its arguments, which outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "inventory/inventory.h"
#include "inventory/ledger_types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::inventory {

class Ledger {
 public:
  Ledger(postgres::Pool& pool, Inventory& inventory, UuidGenerator& ids)
      : pool_(pool), inventory_(inventory), ids_(ids) {}

  // All throw Unavailable.

  // Adds to the units on hand. With the key of an earlier adjustment of this user nothing is
  // changed, and the earlier one is returned, whatever it was. At most four statements. Errors:
  // validation_failed, also when less than the reserved units would remain; not_found.
  runtime::Task<Result<Adjusted>> adjust(runtime::Context& context, AdjustmentDraft draft);

  // A product's movements, the latest first; of an unknown product there are none. One statement.
  runtime::Task<MovementPage> movements(runtime::Context& context, ProductId product,
                                        std::optional<MovementCursor> after, std::size_t limit);

  // Products for sale of which fewer units than `below` are available, by id. A page may have fewer
  // than `limit` although more follow: one statement examines kMaxExamined stocks.
  runtime::Task<LowStockPage> low(runtime::Context& context, std::int64_t below,
                                  std::optional<LowStockCursor> after, std::size_t limit);

  // As they are in the database, in the order of `ids`. One statement.
  runtime::Task<std::vector<Stock>> stocks(runtime::Context& context, std::vector<ProductId> ids);

 private:
  runtime::Task<std::optional<Adjustment>> earlier(runtime::Context& context,
                                                   const AdjustmentDraft& draft);

  postgres::Pool& pool_;
  Inventory& inventory_;
  UuidGenerator& ids_;
};

}  // namespace souk::inventory
