// All SQL of the payments. A payment changes only in a transaction that holds its order's lock, so
// what is read behind that lock stands; due_at alone is also moved by claim_due().
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "payments/provider.h"
#include "payments/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::payments::store {

std::span<const postgres::Statement* const> statements();

// Newest first, kMaxPaymentsPerOrder at most.
runtime::Task<std::vector<Payment>> list(postgres::Pool& pool, runtime::Context& context,
                                         OrderId order);
postgres::Call of_order(OrderId order);
std::vector<Payment> read_payments(const postgres::Rows& rows);

// `due`: when somebody else takes it up unless it is settled by then or waits for people.
postgres::Call insert(const Payment& payment, Timestamp due);
// Status, goal, references, failure, disagreement and actor. REQUIRES: the order is locked.
postgres::Call update(const Payment& payment, Timestamp now, Timestamp due);

// The order of a payment, if there is one.
runtime::Task<std::optional<OrderId>> order_of(postgres::Pool& pool, runtime::Context& context,
                                               PaymentId id);

// Keeps the event's id. No row: it was kept before.
postgres::Call remember(const ProviderEvent& event, Timestamp now,
                        const std::optional<RequestHash>& hash = std::nullopt);
// The hash that an event was kept with.
postgres::Call event_hash(std::string_view provider, std::string_view id);
std::optional<RequestHash> read_hash(const postgres::Rows& rows);

// The payment that has the provider's reference, if there is one.
postgres::Call with_reference(std::string_view provider, std::string_view reference);
std::optional<PaymentId> read_id(const postgres::Rows& rows);

// Deletes some of those received by then; false where none is left. What a provider tells once more
// after that changes nothing: a payment only ever goes one way.
runtime::Task<bool> forget_events(postgres::Pool& pool, runtime::Context& context,
                                  Timestamp before);

inline constexpr std::size_t kMaxDue = 50;  // that one caller is given
// At most kMaxDue payments that are due, each given to one caller alone: it is due again after
// `pause`, doubled with each attempt up to `max_pause`.
runtime::Task<std::vector<Payment>> claim_due(postgres::Pool& pool, runtime::Context& context,
                                              Timestamp now, std::chrono::milliseconds pause,
                                              std::chrono::milliseconds max_pause);

// Of all nodes together.
runtime::Task<Waiting> waiting(postgres::Pool& pool, runtime::Context& context, Timestamp now);

}  // namespace souk::payments::store
