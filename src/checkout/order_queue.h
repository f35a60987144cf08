// Group commit: orders that arrive while a transaction is in flight are joined into the next one,
// so that a commit, its round trips and the lock of a hot product are paid once for all of them.
//
// Threading: one per worker, loop thread only. Ownership: borrows all it is made from, which
// outlives it; close() before it is destroyed.
#pragma once

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
};

class OrderQueue final : private runtime::TurnEndHook {
 public:
  OrderQueue(runtime::Loop& loop, OrderWriter& writer, Metrics& metrics, QueueLimits limits)
      : loop_(loop), writer_(writer), metrics_(metrics), limits_(limits), scope_(loop) {}

  // Waits until the order has its decision. Throws postgres::Overloaded where too many wait, and
  // postgres::Timeout where the context's deadline passes before its transaction has begun: nothing
  // was done. Once it has begun, its own limits bound it.
  runtime::Task<void> decide(runtime::Context& context, PendingOrder& order);

  // Waits for the transaction in flight and those who wait for the next one.
  runtime::Task<void> close();

 private:
  void at_turn_end() override;
  runtime::Task<void> drain();
  std::vector<PendingOrder*> next_batch();

  runtime::Loop& loop_;
  OrderWriter& writer_;
  Metrics& metrics_;
  const QueueLimits limits_;
  std::deque<PendingOrder*> waiting_;
  bool draining_ = false;
  runtime::Scope scope_;
};

}  // namespace souk::checkout
