// Group commit: orders that arrive while a transaction is in flight are joined into the next one,
// so that a commit, its round trips and the lock of a hot product are paid once for all of them.
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

  // Waits until the order has its decision. It is refused as overloaded, and not placed, where too
  // many wait, where its transaction does not begin within max_queue_time, or at once where that
  // can be foreseen. Throws Timeout where the context's deadline passes before: nothing
  // was done either. Once the transaction has begun, its own limits bound it.
  runtime::Task<void> decide(runtime::Context& context, PendingOrder& order);

  // Waits for the transaction in flight and those who wait for the next one.
  runtime::Task<void> close();

 private:
  using Duration = std::chrono::steady_clock::duration;

  // The newest batch's share of the smoothed time of a batch.
  static constexpr int kSmoothing = 4;

  void at_turn_end() override;
  runtime::Task<void> drain();
  std::vector<PendingOrder*> next_batch();
  bool has_room() const;
  void leave(std::deque<PendingOrder*>::iterator place);
  void note_batch(Duration time);

  runtime::Loop& loop_;
  OrderWriter& writer_;
  Metrics& metrics_;
  const QueueLimits limits_;
  std::deque<PendingOrder*> waiting_;
  Duration batch_time_{0};  // of late, smoothed; 0: of none yet
  bool draining_ = false;
  runtime::Scope scope_;
};

}  // namespace souk::checkout
