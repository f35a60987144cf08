// A nursery: coroutines started here end before the scope does (the idea of Seastar's gate and of
// structured concurrency). Nothing in Souk is detached.
//
// Threading: loop thread only. Ownership: owns the frames of what it spawned; join() before it is
// destroyed, asserted.
#pragma once

#include <cstddef>
#include <exception>

#include "runtime/task.h"
#include "runtime/wait_queue.h"

namespace souk::runtime {

class Scope {
 public:
  explicit Scope(Loop& loop) : ended_(loop) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { SOUK_ASSERT(active_ == 0); }

  // Runs the task up to its first suspension before it returns.
  void spawn(Task<void> task);
  // Waits until all tasks have ended, at most for `bound`: false when some still run then. Rethrows
  // the first exception that a task ended with.
  Task<bool> join(std::chrono::steady_clock::duration bound = WaitQueue::kForever);
  std::size_t active() const { return active_; }

 private:
  struct Root;
  static Root run(Scope& scope, Task<void> task);

  std::size_t active_ = 0;
  std::exception_ptr failure_;
  WaitQueue ended_;
};

}  // namespace souk::runtime
