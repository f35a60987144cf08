// All SQL of the payments. A payment changes only in a transaction that holds its order's lock, so
// data read under that lock stays valid; only due_at is also changed by claim_due().
// Threading and ownership: free functions; they borrow their arguments while they run.
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

// `due`: when resume() picks it up, unless it is settled by then or waits for a person.
postgres::Call insert(const Payment& payment, Timestamp due);
// Status, goal, references, failure, disagreement and actor. REQUIRES: the order is locked.
postgres::Call update(const Payment& payment, Timestamp now, Timestamp due);

// The order of a payment, if the payment exists.
runtime::Task<std::optional<OrderId>> order_of(postgres::Pool& pool, runtime::Context& context,
                                               PaymentId id);

// Stores the event's id. No row: it was stored before.
postgres::Call remember(const ProviderEvent& event, Timestamp now,
                        const std::optional<RequestHash>& hash = std::nullopt);
// The hash stored with an event.
postgres::Call event_hash(std::string_view provider, std::string_view id);
std::optional<RequestHash> read_hash(const postgres::Rows& rows);

// The payment with the provider's reference, if there is one.
postgres::Call with_reference(std::string_view provider, std::string_view reference);
std::optional<PaymentId> read_id(const postgres::Rows& rows);

// Deletes a batch of events received before that time; false when none is left. Repeating such an
// event changes nothing: a payment moves one way only.
runtime::Task<bool> forget_events(postgres::Pool& pool, runtime::Context& context,
                                  Timestamp before);

inline constexpr std::size_t kMaxDue = 50;  // per call
// At most kMaxDue due payments, each returned to one caller only: it is due again after `pause`,
// doubled with each attempt up to `max_pause`.
runtime::Task<std::vector<Payment>> claim_due(postgres::Pool& pool, runtime::Context& context,
                                              Timestamp now, std::chrono::milliseconds pause,
                                              std::chrono::milliseconds max_pause);

// For all nodes together.
runtime::Task<Waiting> waiting(postgres::Pool& pool, runtime::Context& context, Timestamp now);

}  // namespace souk::payments::store
