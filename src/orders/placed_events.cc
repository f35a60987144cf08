#include "orders/placed_events.h"

#include <unordered_map>

#include "orders/events.h"
#include "orders/store.h"

namespace souk::orders {

runtime::Task<std::vector<std::string>> PlacedEvents::read(runtime::Context& context,
                                                           std::span<const jobs::Job> events) {
  std::vector<OrderId> ids;
  std::unordered_map<Uuid, std::size_t> places;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].kind != event_kind(Status::kPending)) continue;
    ids.push_back(OrderId{events[i].aggregate});
    places.emplace(events[i].aggregate, i);
  }
  std::vector<std::string> payloads(events.size());
  for (auto& order : co_await store::find_all(pool_, context, ids)) {
    order.status = Status::kPending;
    order.refunded.amount = 0;
    for (auto& item : order.items) item.shipped = 0;
    payloads[places.at(order.id.value)] = event_payload(order);
  }
  co_return payloads;
}

}  // namespace souk::orders
