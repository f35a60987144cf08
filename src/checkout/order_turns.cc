#include "checkout/order_turns.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace souk::checkout {

void OrderTurns::push(PendingOrder& order) {
  const auto [place, is_new] = lines_.try_emplace(order.request.buyer);
  if (is_new) turns_.push_back(order.request.buyer);
  auto& line = place->second;
  (line.first == nullptr ? line.first : line.last->next) = &order;
  line.last = &order;
  order.next = nullptr;
  ++size_;
}

bool OrderTurns::remove(const PendingOrder& order) {
  const auto found = lines_.find(order.request.buyer);
  if (found == lines_.end()) return false;
  auto& line = found->second;
  PendingOrder* before = nullptr;
  auto* place = line.first;
  while (place != nullptr && place != &order) before = std::exchange(place, place->next);
  if (place == nullptr) return false;
  (before == nullptr ? line.first : before->next) = place->next;
  if (line.last == place) line.last = before;
  --size_;
  return true;
}

std::vector<PendingOrder*> OrderTurns::take(Most most) {
  std::vector<PendingOrder*> taken;
  // Of buyers with several orders: only those may meet again.
  std::vector<std::pair<UserId, std::string_view>> keys;
  std::vector<UserId> put_off;  // their next order has the key of a taken one
  std::size_t lines = 0;
  while (!turns_.empty() && taken.size() < most.orders && lines < most.lines) {
    const auto buyer = turns_.front();
    turns_.pop_front();
    const auto place = lines_.find(buyer);
    auto& line = place->second;
    if (line.first == nullptr) {
      lines_.erase(place);
      continue;
    }
    auto* const order = line.first;
    const auto key = order->key ? std::string_view(order->key->key) : std::string_view();
    if (order->key && std::ranges::find(keys, std::pair(buyer, key)) != keys.end()) {
      put_off.push_back(buyer);
      continue;
    }
    line.first = order->next;
    taken.push_back(order);
    lines += order->lines.size();
    if (line.first == nullptr) {
      lines_.erase(place);
    } else {
      turns_.push_back(buyer);
      if (order->key) keys.emplace_back(buyer, key);
    }
  }
  turns_.insert(turns_.begin(), put_off.begin(), put_off.end());
  size_ -= taken.size();
  return taken;
}

}  // namespace souk::checkout
