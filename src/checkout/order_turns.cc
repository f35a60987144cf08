#include "checkout/order_turns.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace souk::checkout {

void OrderTurns::push(PendingOrder& order) {
  const auto [place, is_new] = orders_.try_emplace(order.request.buyer);
  if (is_new) turns_.push_back(order.request.buyer);
  place->second.push_back(&order);
  ++size_;
}

bool OrderTurns::remove(const PendingOrder& order) {
  const auto found = orders_.find(order.request.buyer);
  if (found == orders_.end()) return false;
  const auto removed = std::erase(found->second, &order);
  size_ -= removed;
  return removed > 0;
}

std::vector<PendingOrder*> OrderTurns::take(Most most) {
  std::vector<PendingOrder*> taken;
  std::set<std::pair<UserId, std::string_view>> keys;
  std::vector<UserId> put_off;  // their next order has the key of a taken one
  std::size_t lines = 0;
  while (!turns_.empty() && taken.size() < most.orders && lines < most.lines) {
    const auto buyer = turns_.front();
    turns_.pop_front();
    const auto place = orders_.find(buyer);
    auto& waiting = place->second;
    if (waiting.empty()) {
      orders_.erase(place);
      continue;
    }
    auto* const order = waiting.front();
    if (order->key && !keys.emplace(buyer, order->key->key).second) {
      put_off.push_back(buyer);
      continue;
    }
    waiting.pop_front();
    taken.push_back(order);
    lines += order->lines.size();
    if (waiting.empty()) {
      orders_.erase(place);
    } else {
      turns_.push_back(buyer);
    }
  }
  turns_.insert(turns_.begin(), put_off.begin(), put_off.end());
  size_ -= taken.size();
  return taken;
}

}  // namespace souk::checkout
