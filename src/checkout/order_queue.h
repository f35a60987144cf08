// Group commit: orders that arrive during a transaction are joined into the next one, so that they
// share one commit, its round trips and the lock of a hot product.
//
// Threading: one per worker, loop thread only. Ownership: borrows all it is made from, which
// outlives it; close() before it is destroyed.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

#include "checkout/order_writer.h"
#include "runtime/context.h"
#include "runtime/loop.h"
#include "runtime/scope.h"

namespace souk::checkout {

struct QueueLimits {
  std::size_t max_batch = 100;       // orders in one transaction
  std::size_t max_waiting = 10'000;  // orders of one worker
  std::chrono::milliseconds max_queue_time{2'000};
};

class OrderQueue final : private runtime::TurnEndHook {
 public:
  OrderQueue(runtime::Loop& loop, OrderWriter& writer, Metrics& metrics, QueueLimits limits)
      : loop_(loop), writer_(writer), metrics_(metrics), limits_(limits), scope_(loop) {}

  // Waits until the order has its decision. Refused as overloaded, and not placed, if too many
  // wait, if its transaction does not begin within max_queue_time, or at once if that is predicted.
  // Throws Timeout if the context's deadline passes before: nothing was done either. Once the
  // transaction has begun, its own limits bound it.
  runtime::Task<void> decide(runtime::Context& context, PendingOrder& order);

  // How long an order that came now would wait after the batch that is being written: for the full
  // batches before its own. Zero unless orders come faster than they are written.
  std::chrono::steady_clock::duration expected_wait() const;

  // Waits for the current transaction and all waiting orders.
  runtime::Task<void> close();

 private:
  using Duration = std::chrono::steady_clock::duration;

  // The weight of the newest batch in the smoothed time is 1/kSmoothing.
  static constexpr int kSmoothing = 4;

  void at_turn_end() override;
  runtime::Task<void> drain();
  std::vector<PendingOrder*> next_batch();
  bool has_room() const;
  void leave(std::deque<PendingOrder*>::iterator place);
  void update_batch_time(Duration time);

  runtime::Loop& loop_;
  OrderWriter& writer_;
  Metrics& metrics_;
  const QueueLimits limits_;
  std::deque<PendingOrder*> waiting_;
  Duration batch_time_{0};  // smoothed; 0: no batch yet
  bool draining_ = false;
  runtime::Scope scope_;
};

}  // namespace souk::checkout
