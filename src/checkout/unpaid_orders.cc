#include "checkout/unpaid_orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "checkout/metrics.h"
#include "orders/store.h"
#include "payments/rules.h"

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

UnpaidOrders::UnpaidOrders(postgres::Pool& pool, jobs::Doorbell& bell,
                           telemetry::Registry& registry, const Clock& clock, UuidGenerator& ids,
                           std::chrono::milliseconds lifetime)
    : pool_(pool),
      bell_(bell),
      ended_(registry.counter(kUnpaidOrders)),
      clock_(clock),
      ids_(ids),
      lifetime_(lifetime) {}

Task<std::size_t> UnpaidOrders::end_due(Context& context, Timestamp now) {
  if (lifetime_ == lifetime_.zero()) co_return 0;
  std::size_t ended = 0;
  std::size_t refused = 0;
  std::string reason;
  orders::store::UnpaidCursor last;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    const auto due = co_await orders::store::unpaid(pool_, context, last, now, lifetime_, kPage);
    for (const auto& [since, id] : due) {
      try {
        ended += co_await end(context, id) ? 1 : 0;
      } catch (const postgres::StatementError& error) {
        ++refused;
        reason = fmt::format("{}: {}", id.value.to_string(), error.what());
      }
    }
    if (due.size() < kPage) break;
    last = due.back();
  }
  if (refused > 0) {
    throw std::runtime_error(
        fmt::format("{} unpaid orders cannot be ended, the last of them {}", refused, reason));
  }
  co_return ended;
}

// As it stands behind the lock: it may have been paid meanwhile, or be to be paid later. The
// order's trigger has money that is under way sent back.
Task<bool> UnpaidOrders::end(Context& context, OrderId id) {
  auto locked = co_await LockedOrder::lock(pool_, context, id, std::nullopt);
  if (!locked || locked->status() != orders::Status::kPending ||
      std::ranges::any_of(locked->payments(), payments::rules::is_open)) {
    co_return false;
  }
  locked
      ->step(orders::Status::kCancelled, {.kind = ActorKind::kSystem}, clock_.now(), ids_,
             "not paid in time")
      .value();
  co_await locked->commit(bell_);
  ended_.increment();
  co_return true;
}

}  // namespace souk::checkout
