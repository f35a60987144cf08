// All SQL of refunds. A refund changes only in a transaction that holds its order's lock; only
// due_at is also changed by claim_due().
// Threading and ownership: free functions; they borrow their arguments while they run.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "payments/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::payments::refund_store {

std::span<const postgres::Statement* const> statements();

// Oldest first, kMaxRefunds at most.
runtime::Task<std::vector<Refund>> list(postgres::Pool& pool, runtime::Context& context,
                                        OrderId order);
postgres::Call of_order(OrderId order);
std::vector<Refund> read_refunds(const postgres::Rows& rows);

// Adds it to what its payment returns. `due`: when it is taken up again unless it is done by then.
// REQUIRES: the order is locked.
postgres::Call insert(const Refund& refund, Timestamp due);
// REQUIRES: the order is locked, and the refund is not done.
postgres::Call finish(RefundId id);

inline constexpr std::size_t kMaxDue = 50;  // per call
// At most kMaxDue due refunds, without their items, each returned to one caller only: it is due
// again after `pause`, doubled with each attempt up to `max_pause`.
runtime::Task<std::vector<Refund>> claim_due(postgres::Pool& pool, runtime::Context& context,
                                             Timestamp now, std::chrono::milliseconds pause,
                                             std::chrono::milliseconds max_pause);

}  // namespace souk::payments::refund_store
