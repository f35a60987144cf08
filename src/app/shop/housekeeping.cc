#include "app/shop/housekeeping.h"

#include "accounts/audit.h"
#include "accounts/request_store.h"
#include "accounts/store.h"
#include "checkout/reservations.h"
#include "inventory/reservation_store.h"
#include "orders/store.h"
#include "payments/store.h"
#include "webhooks/store.h"

namespace souk::app {
namespace {

using DeleteBatch = runtime::Task<bool> (*)(postgres::Pool&, runtime::Context&, Timestamp);

// Deletes until none is left or the run's limit is reached; the next run continues.
runtime::Task<void> delete_all(DeleteBatch delete_batch, postgres::Pool& pool,
                               runtime::Context& context, Timestamp before) {
  for (int i = 0; i < Housekeeping::kMaxBatches; ++i) {
    if (!co_await delete_batch(pool, context, before)) co_return;
  }
}

}  // namespace

runtime::Task<void> Housekeeping::run(runtime::Context& context) {
  const auto now = clock_.now();
  if (!clock_.trusted(std::chrono::steady_clock::now())) co_return paused_.increment();
  co_await delete_all(accounts::store::delete_expired_sessions, pool_, context, now);
  // Later, since they count against the limit of their address.
  co_await delete_all(accounts::request_store::delete_expired, pool_, context,
                      now - std::chrono::hours(1));
  co_await delete_all(accounts::audit::forget, pool_, context, now - times_.audit);
  co_await delete_all(orders::store::forget_claims, pool_, context, now - times_.keys);
  co_await delete_all(inventory::reservation_store::delete_ended, pool_, context,
                      now - times_.history);
  co_await delete_all(payments::store::forget_events, pool_, context, now - times_.history);
  co_await delete_all(webhooks::store::forget_deliveries, pool_, context, now - times_.deliveries);
}

runtime::Task<void> ReservationExpiry::run(runtime::Context& context) {
  co_await checkout::Reservations::expire_due(pool_, context);
}

runtime::Task<void> UnpaidOrderExpiry::run(runtime::Context& context) {
  const auto now = clock_.now();
  if (!clock_.trusted(std::chrono::steady_clock::now())) co_return paused_.increment();
  co_await orders_.end_due(context, now);
}

}  // namespace souk::app
