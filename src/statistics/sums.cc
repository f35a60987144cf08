#include "statistics/sums.h"

#include <algorithm>
#include <limits>

#include "orders/events.h"

namespace souk::statistics {
namespace {

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

}  // namespace

void add_saturating(std::int64_t& sum, std::int64_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) sum = kMost;
}

Result<Counted> read_counted(const jobs::Event& event) {
  const auto* const what = std::ranges::find(kEvents, event.type);
  if (what == kEvents.end()) {
    return fail(ErrorCode::kValidationFailed, "nothing counts an event of this type");
  }
  auto order = orders::read_event_payload(event.data);
  if (!order) return std::unexpected(order.error());
  const auto column = static_cast<std::size_t>(what - kEvents.begin());
  auto amount = order->total.amount;
  // Only refunds have details that count: the others are not read twice.
  if (column >= static_cast<std::size_t>(What::kRefunded)) {
    const auto details = orders::read_event_details(event.data);
    if (!details) return std::unexpected(details.error());
    if (details->returned) amount = details->returned->amount;
  }
  const bool is_part = *what == orders::kPartiallyRefunded;
  return Counted{.event = event.id,
                 .what = is_part ? What::kRefunded : static_cast<What>(column),
                 .day = std::chrono::floor<std::chrono::days>(event.created_at),
                 .order = *std::move(order),
                 .amount = amount,
                 .is_part = is_part};
}

Sums sum_up(std::span<const Counted> events, std::vector<Uuid> fresh) {
  std::ranges::sort(fresh);
  Sums sums;
  std::vector<bool> counted(fresh.size());
  for (const auto& [id, what, day, order, amount, is_part, is_named] : events) {
    if (is_named) continue;
    const auto place = std::ranges::lower_bound(fresh, id) - fresh.begin();
    const auto index = static_cast<std::size_t>(place);
    if (index == fresh.size() || fresh[index] != id || counted[index]) continue;
    counted[index] = true;
    const auto kind = static_cast<std::size_t>(what);
    auto& of_day = sums.days[{day, order.total.currency}];
    add_saturating(of_day.events.at(kind), is_part ? 0 : 1);
    add_saturating(of_day.amounts.at(kind), amount);
    if (what != What::kPlaced) continue;
    for (const auto& item : order.items) {
      auto& of_product = sums.products[{day, item.product_id, order.total.currency}];
      add_saturating(of_product.units, item.quantity);
      const auto revenue = checked_multiply(item.unit_price, item.quantity);
      add_saturating(of_product.revenue, revenue ? revenue->amount : kMost);
    }
  }
  return sums;
}

}  // namespace souk::statistics
