#include "checkout/order_queue.h"

#include <algorithm>
#include <set>

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

Task<void> OrderQueue::decide(Context& context, PendingOrder& order) {
  if (waiting_.size() >= limits_.max_waiting) {
    metrics_.turned_away.increment();
    throw postgres::Overloaded("too many orders are waiting");
  }
  const auto begun = std::chrono::steady_clock::now();
  order.decided.reset();
  order.queued_at = begun;
  waiting_.push_back(&order);
  metrics_.waiting.set(static_cast<double>(waiting_.size()));
  // Whoever else came in this turn goes along.
  if (!draining_) loop_.at_turn_end(*this);

  if (!co_await order.decided.wait(context.remaining(begun))) {
    const auto place = std::ranges::find(waiting_, &order);
    if (place != waiting_.end()) {
      waiting_.erase(place);
      metrics_.waiting.set(static_cast<double>(waiting_.size()));
      throw postgres::Timeout("the order waited too long for its turn");
    }
    co_await order.decided.wait();
  }
  context.statements += order.statements;
  context.database_time += std::chrono::steady_clock::now() - begun;
}

void OrderQueue::at_turn_end() {
  if (!draining_) scope_.spawn(drain());
}

Task<void> OrderQueue::drain() {
  draining_ = true;
  while (!waiting_.empty()) {
    const auto batch = next_batch();
    co_await writer_.write(batch);
    for (auto* const order : batch) order->decided.set();
  }
  draining_ = false;
}

// Two requests with one idempotency key do not go together: the second has to see what became of
// the first.
std::vector<PendingOrder*> OrderQueue::next_batch() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<PendingOrder*> batch;
  std::set<std::pair<UserId, std::string_view>> keys;
  std::deque<PendingOrder*> twins;
  // A crowd under one key is not looked through again for each of its orders.
  while (!waiting_.empty() && batch.size() < limits_.max_batch &&
         twins.size() < limits_.max_batch) {
    auto* const order = waiting_.front();
    waiting_.pop_front();
    if (order->key && !keys.emplace(order->request.buyer, order->key->key).second) {
      twins.push_back(order);
      continue;
    }
    metrics_.queue_time.observe(now - order->queued_at);
    batch.push_back(order);
  }
  waiting_.insert(waiting_.begin(), twins.begin(), twins.end());
  metrics_.waiting.set(static_cast<double>(waiting_.size()));
  return batch;
}

Task<void> OrderQueue::close() {
  loop_.cancel(*this);
  if (!draining_ && !waiting_.empty()) scope_.spawn(drain());
  co_await scope_.join();
}

}  // namespace souk::checkout
