// All SQL of webhooks.
// Threading and ownership: free functions; they borrow their arguments while they run. All throw
// Unavailable.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "webhooks/types.h"

namespace souk::webhooks::store {

std::span<const postgres::Statement* const> statements();

// False when there are kMaxEndpoints, even with concurrent inserts. Takes two statements.
runtime::Task<bool> insert(postgres::Pool& pool, runtime::Context& context,
                           const Endpoint& endpoint);
runtime::Task<bool> remove(postgres::Pool& pool, runtime::Context& context, EndpointId id);
// An endpoint with what signs its messages.
struct Receiver {
  Endpoint endpoint;
  std::optional<std::string> previous_secret;  // signs too, while it is being replaced
};
runtime::Task<std::optional<Receiver>> find(postgres::Pool& pool, runtime::Context& context,
                                            EndpointId id, Timestamp now);
// All, in order of creation; at most twice kMaxEndpoints.
runtime::Task<std::vector<Endpoint>> list(postgres::Pool& pool, runtime::Context& context);

// Activates it again, as if it had never failed. Nothing when there is none.
runtime::Task<std::optional<Endpoint>> enable(postgres::Pool& pool, runtime::Context& context,
                                              EndpointId id);
// The secret becomes the previous one. Nothing when there is none.
runtime::Task<std::optional<Endpoint>> replace_secret(postgres::Pool& pool,
                                                      runtime::Context& context, EndpointId id,
                                                      const std::string& secret,
                                                      Timestamp previous_until);

// Record the outcome of a delivery.
runtime::Task<void> record_success(postgres::Pool& pool, runtime::Context& context, EndpointId id);
// Disables the endpoint if it has failed since before `disable_before`. True when it is disabled
// now.
runtime::Task<bool> record_failure(postgres::Pool& pool, runtime::Context& context, EndpointId id,
                                   Timestamp now, Timestamp disable_before);
runtime::Task<void> disable(postgres::Pool& pool, runtime::Context& context, EndpointId id,
                            std::string_view reason);

// Writes what the last attempt of a delivery came to.
runtime::Task<void> record_delivery(postgres::Pool& pool, runtime::Context& context,
                                    const Delivery& delivery);
// At most `limit` + 1, up to kMaxDeliveriesPage + 1: those before `before`, the newest first.
runtime::Task<std::vector<Delivery>> deliveries(postgres::Pool& pool, runtime::Context& context,
                                                EndpointId id, std::optional<DeliveryId> before,
                                                std::size_t limit);
// Deletes a batch of those created by then. False when there are no more.
runtime::Task<bool> forget_deliveries(postgres::Pool& pool, runtime::Context& context,
                                      Timestamp before);

}  // namespace souk::webhooks::store
