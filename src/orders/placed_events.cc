#include "orders/placed_events.h"

#include "orders/events.h"
#include "orders/store.h"

namespace souk::orders {

std::string_view PlacedEvents::kind() const { return event_kind(Status::kPending); }

runtime::Task<std::unordered_map<Uuid, std::string>> PlacedEvents::read(
    runtime::Context& context, std::span<const Uuid> orders) {
  std::unordered_map<Uuid, std::string> payloads;
  for (auto& order : co_await store::find_all(pool_, context, orders)) {
    order.status = Status::kPending;
    order.refunded.amount = 0;
    for (auto& item : order.items) item.shipped = 0;
    payloads.emplace(order.id.value, event_payload(order));
  }
  co_return payloads;
}

}  // namespace souk::orders
