#include "checkout/order_queue.h"

#include <algorithm>
#include <map>

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

namespace {

Decision overloaded() {
  return Refused{{ErrorCode::kOverloaded, "too many orders are waiting; nothing was ordered"}};
}

}  // namespace

OrderQueue::OrderQueue(telemetry::Registry& registry, QueueLimits limits)
    : limits_(limits), waiting_gauge_(registry.callback(kMetrics.waiting_orders, {}, [this] {
        return static_cast<double>(waiting_count_.load(std::memory_order_relaxed));
      })) {}

// Refusing by the predicted time of the batches before an order, rather than by how long the first
// order has waited, also limits a burst that arrives at once.
OrderQueue::Duration OrderQueue::expected_wait() const {
  const auto waiting = waiting_count_.load(std::memory_order_relaxed);
  return batch_time_.load(std::memory_order_relaxed) *
         static_cast<std::int64_t>(waiting / limits_.max_batch);
}

void OrderQueue::note_waiting() {
  waiting_count_.store(waiting_.size(), std::memory_order_relaxed);
}

void OrderQueue::wake() {
  if (server_ == nullptr) return;
  server_->post([arrival = arrival_] { arrival->set(); });
  server_ = nullptr;  // once is enough
}

bool OrderQueue::join(PendingOrder& order) {
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= limits_.max_waiting || expected_wait() >= limits_.max_queue_time) {
    return false;
  }
  waiting_.push(order);
  note_waiting();
  wake();
  return true;
}

bool OrderQueue::leave(const PendingOrder& order) {
  const std::scoped_lock lock(mutex_);
  const bool waited = waiting_.remove(order);
  note_waiting();
  return waited;
}

Task<void> OrderQueue::decide(Context& context, PendingOrder& order, Metrics& metrics) {
  const auto begun = std::chrono::steady_clock::now();
  OpenSpan span(context.spans, SpanKind::kQueue, "order", begun);
  order.trace = runtime::traceparent_of(context);
  order.traced = span.is_recorded();
  order.spans.clear();
  order.decided.reset();
  order.queued_at = begun;
  if (!join(order)) {
    metrics.turned_away.increment();
    order.decision = overloaded();
    co_return;
  }
  const Duration queue_time = limits_.max_queue_time;
  const auto remaining = context.remaining(begun);
  if (!co_await order.decided.wait(std::min(remaining, queue_time))) {
    if (leave(order)) {
      if (remaining < queue_time) throw Timeout("the order waited too long for its turn");
      metrics.waited_too_long.increment();
      order.decision = overloaded();
      co_return;
    }
    co_await order.decided.wait();
  }
  context.statements += order.statements;
  context.database_time += std::chrono::steady_clock::now() - begun;
  span.adopt(order.spans);
  if (!std::holds_alternative<Failed>(order.decision)) span.succeeded();
}

Task<void> OrderQueue::serve(runtime::Loop& loop, OrderWriter& writer, Metrics& metrics) {
  runtime::Event arrival(loop);
  while (const auto batch = next_batch(loop, arrival)) {
    if (batch->empty()) {
      co_await arrival.wait();
      continue;
    }
    const auto begun = std::chrono::steady_clock::now();
    for (const auto* const order : *batch) metrics.queue_time.observe(begun - order->queued_at);
    co_await writer.write(*batch);
    update_batch_time(std::chrono::steady_clock::now() - begun);
    answer(*batch);
  }
}

std::optional<std::vector<PendingOrder*>> OrderQueue::next_batch(runtime::Loop& loop,
                                                                 runtime::Event& arrival) {
  const std::scoped_lock lock(mutex_);
  auto batch = waiting_.take({limits_.max_batch, kMaxBatchLines});
  note_waiting();
  if (batch.empty()) {
    if (stopping_) return std::nullopt;
    arrival.reset();
    server_ = &loop;
    arrival_ = &arrival;
  }
  return batch;
}

// One wake-up for the orders of a loop.
void OrderQueue::answer(std::span<PendingOrder* const> batch) {
  std::map<runtime::Loop*, std::vector<PendingOrder*>> callers;
  for (auto* const order : batch) callers[&order->loop].push_back(order);
  for (auto& [loop, orders] : callers) {
    loop->post([decided = std::move(orders)] {
      for (auto* const order : decided) order->decided.set();
    });
  }
}

void OrderQueue::update_batch_time(Duration time) {
  const auto before = batch_time_.load(std::memory_order_relaxed);
  batch_time_.store(before == Duration::zero() ? time : before + (time - before) / kSmoothing,
                    std::memory_order_relaxed);
}

void OrderQueue::stop() {
  const std::scoped_lock lock(mutex_);
  stopping_ = true;
  wake();
}

}  // namespace souk::checkout
