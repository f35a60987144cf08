// Group commit for a node: orders of all workers that arrive during a transaction are joined into
// the next one, so that they share one commit, its round trips and the lock of a hot product.
//
// Threading: decide() on any loop, serve() on the writer's. Ownership: borrows the registry, which
// outlives it; outlives the coroutines that wait in it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "checkout/metrics.h"
#include "checkout/order_turns.h"
#include "checkout/order_writer.h"
#include "runtime/context.h"
#include "runtime/loop.h"

namespace souk::checkout {

struct QueueLimits {
  std::size_t max_batch = 400;       // orders in one transaction
  std::size_t max_waiting = 10'000;  // orders of the node
  std::chrono::milliseconds max_queue_time{2'000};
};

class OrderQueue {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // A transaction gets no more orders when those it has have this many lines.
  static constexpr std::size_t kMaxBatchLines = 4'000;

  OrderQueue(telemetry::Registry& registry, QueueLimits limits);
  OrderQueue(const OrderQueue&) = delete;
  OrderQueue& operator=(const OrderQueue&) = delete;

  // Waits on the order's loop until it has its decision. Refused as overloaded, and not placed, if
  // too many wait, if its transaction does not begin within max_queue_time, or at once if that is
  // predicted. Throws Timeout if the context's deadline passes before: nothing was done either.
  // Once the transaction has begun, its own limits bound it. `metrics` are the caller's.
  runtime::Task<void> decide(runtime::Context& context, PendingOrder& order, Metrics& metrics);

  // How long an order that came now would wait after the batch that is being written: for the full
  // batches before its own. Zero unless orders come faster than they are written. Any thread.
  Duration expected_wait() const;

  // Writes what waits, one transaction at a time, until stop(). Runs once; orders that come before
  // wait for it. `metrics` are those of this loop.
  runtime::Task<void> serve(runtime::Loop& loop, OrderWriter& writer, Metrics& metrics);
  // serve() returns when the orders that wait are written. REQUIRES: no new ones. Any thread.
  void stop();

 private:
  // The weight of the newest batch in the smoothed time is 1/kSmoothing.
  static constexpr int kSmoothing = 4;

  bool join(PendingOrder& order);
  bool leave(const PendingOrder& order);
  // Nothing when stopped. Empty when none wait: the next order sets `arrival`.
  std::optional<std::vector<PendingOrder*>> next_batch(runtime::Loop& loop,
                                                       runtime::Event& arrival);
  // REQUIRES, of both: mutex_ is held.
  void wake();
  void note_waiting();
  void update_batch_time(Duration time);
  static void answer(std::span<PendingOrder* const> batch);

  const QueueLimits limits_;
  std::mutex mutex_;
  // Guarded by mutex_.
  OrderTurns waiting_;
  runtime::Loop* server_ = nullptr;    // of serve() while it sleeps, and
  runtime::Event* arrival_ = nullptr;  // what wakes it
  bool stopping_ = false;

  std::atomic<std::size_t> waiting_count_ = 0;
  std::atomic<Duration> batch_time_{Duration::zero()};  // smoothed; 0: no batch yet
  telemetry::Registration waiting_gauge_;
};

}  // namespace souk::checkout
