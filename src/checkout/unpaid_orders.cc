#include "checkout/unpaid_orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "checkout/metrics.h"
#include "payments/rules.h"

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

namespace {

constexpr std::chrono::milliseconds kNever = std::chrono::years(1'000);

std::chrono::milliseconds or_never(std::chrono::milliseconds lifetime) {
  return lifetime == lifetime.zero() ? kNever : lifetime;
}

}  // namespace

UnpaidOrders::UnpaidOrders(postgres::Pool& pool, jobs::Notifier& notifier,
                           telemetry::Registry& registry, const Clock& clock, UuidGenerator& ids,
                           orders::store::UnpaidLifetimes lifetimes)
    : pool_(pool),
      notifier_(notifier),
      ended_(registry.cell(kMetrics.unpaid_orders_ended)),
      clock_(clock),
      ids_(ids),
      lifetimes_{.orders = or_never(lifetimes.orders), .transfers = or_never(lifetimes.transfers)} {
}

Task<std::size_t> UnpaidOrders::end_due(Context& context, Timestamp now) {
  std::size_t ended = 0;
  std::size_t refused = 0;
  std::string reason;
  orders::store::UnpaidCursor last;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    const auto due = co_await orders::store::unpaid(pool_, context, last, now, lifetimes_, kPage);
    for (const auto& order : due) {
      try {
        ended += co_await pool_.retry(context, [&] { return end(context, order, now); }) ? 1 : 0;
      } catch (const postgres::StatementError& error) {
        ++refused;
        reason = fmt::format("{}: {}", order.id.value.to_string(), error.what());
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

// Checked again under the lock: it may have been paid meanwhile, or have become one that is paid
// later. The order's trigger returns money in transit and cancels an open payment.
Task<bool> UnpaidOrders::end(Context& context, orders::store::UnpaidCursor due, Timestamp now) {
  auto locked = co_await LockedOrder::lock(pool_, context, due.id, std::nullopt);
  if (!locked || locked->status() != orders::Status::kPending) co_return false;
  const bool open = std::ranges::any_of(locked->payments(), payments::rules::is_open);
  if (due.since > now - (open ? lifetimes_.transfers : lifetimes_.orders)) co_return false;
  locked
      ->step(orders::Status::kCancelled, {.kind = ActorKind::kSystem}, clock_.now(), ids_,
             "not paid in time")
      .value();
  co_await locked->commit(notifier_);
  ended_.increment();
  co_return true;
}

}  // namespace souk::checkout
