#include "checkout/order_queue.h"

#include <algorithm>
#include <set>

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

namespace {

Decision overloaded() {
  return Refused{{ErrorCode::kOverloaded, "too many orders are waiting; nothing was ordered"}};
}

}  // namespace

// Refusing by the predicted time of the batches before an order, rather than by how long the first
// order has waited, also limits a burst that arrives at once.
OrderQueue::Duration OrderQueue::expected_wait() const {
  return batch_time_ * static_cast<std::int64_t>(waiting_.size() / limits_.max_batch);
}

bool OrderQueue::has_room() const {
  return waiting_.size() < limits_.max_waiting && expected_wait() < limits_.max_queue_time;
}

void OrderQueue::leave(std::deque<PendingOrder*>::iterator place) {
  waiting_.erase(place);
  metrics_.waiting.set(static_cast<double>(waiting_.size()));
}

void OrderQueue::update_batch_time(Duration time) {
  batch_time_ =
      batch_time_ == Duration::zero() ? time : batch_time_ + (time - batch_time_) / kSmoothing;
}

Task<void> OrderQueue::decide(Context& context, PendingOrder& order) {
  if (!has_room()) {
    metrics_.turned_away.increment();
    order.decision = overloaded();
    co_return;
  }
  const auto begun = std::chrono::steady_clock::now();
  order.decided.reset();
  order.queued_at = begun;
  waiting_.push_back(&order);
  metrics_.waiting.set(static_cast<double>(waiting_.size()));
  // Orders that arrive in this turn of the loop join the batch.
  if (!draining_) loop_.at_turn_end(*this);

  const Duration queue_time = limits_.max_queue_time;
  const auto remaining = context.remaining(begun);
  if (!co_await order.decided.wait(std::min(remaining, queue_time))) {
    const auto place = std::ranges::find(waiting_, &order);
    if (place != waiting_.end()) {
      leave(place);
      if (remaining < queue_time) throw Timeout("the order waited too long for its turn");
      metrics_.waited_too_long.increment();
      order.decision = overloaded();
      co_return;
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
    const auto begun = std::chrono::steady_clock::now();
    co_await writer_.write(batch);
    update_batch_time(std::chrono::steady_clock::now() - begun);
    for (auto* const order : batch) order->decided.set();
  }
  draining_ = false;
}

// Two requests with the same idempotency key never share a batch: the second must see the outcome
// of the first.
std::vector<PendingOrder*> OrderQueue::next_batch() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<PendingOrder*> batch;
  std::set<std::pair<UserId, std::string_view>> keys;
  std::deque<PendingOrder*> twins;
  // Bounds the search when many orders wait under one key.
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
