// Coroutines of one loop that wait to be woken: first in, first out, each with a time limit. Event
// is the common case on top of it.
//
// Threading: loop thread only. Ownership: waiters live in the waiting coroutines' frames; the queue
// outlives them (asserted by its destructor).
#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <utility>

#include "runtime/loop.h"

namespace souk::runtime {

class WaitQueue {
 public:
  explicit WaitQueue(Loop& loop) : loop_(loop) {}
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  ~WaitQueue() { SOUK_ASSERT(size_ == 0); }

  class Waiter final : public TimerWheel::Timer {
   public:
    Waiter(WaitQueue& queue, std::chrono::steady_clock::duration bound)
        : queue_(queue), bound_(bound) {}
    bool await_ready() const noexcept { return bound_ <= bound_.zero(); }
    void await_suspend(std::coroutine_handle<> awaiting) {
      awaiting_ = awaiting;
      queue_.push(*this);
      if (bound_ != kForever) queue_.loop_.arm(*this, bound_);
    }
    // True when woken, false when the bound passed first.
    bool await_resume() const noexcept { return woken_; }
    // Ends the wait as if the bound had passed. No effect when it does not wait.
    void stop_waiting() {
      if (!awaiting_ || woken_) return;
      cancel();
      on_timer();
    }

   private:
    friend WaitQueue;
    void on_timer() override {
      queue_.remove(*this);
      queue_.loop_.schedule(std::exchange(awaiting_, nullptr));
    }

    WaitQueue& queue_;
    std::chrono::steady_clock::duration bound_;
    std::coroutine_handle<> awaiting_;
    bool woken_ = false;
    Waiter* next_ = nullptr;
    Waiter* previous_ = nullptr;
  };

  static constexpr auto kForever = std::chrono::steady_clock::duration::max();

  // Waits at most for `bound`, rounded up to a timer tick. Returns whether it was woken.
  [[nodiscard]] Waiter wait(std::chrono::steady_clock::duration bound = kForever) {
    return {*this, bound};
  }
  // Wakes the longest waiter. False when there is none.
  bool wake_one() {
    if (head_ == nullptr) return false;
    Waiter& waiter = *head_;
    remove(waiter);
    waiter.cancel();
    waiter.woken_ = true;
    loop_.schedule(waiter.awaiting_);
    return true;
  }
  void wake_all() {
    while (wake_one()) {
    }
  }
  std::size_t size() const { return size_; }

 private:
  void push(Waiter& waiter) {
    waiter.previous_ = tail_;
    (tail_ == nullptr ? head_ : tail_->next_) = &waiter;
    tail_ = &waiter;
    ++size_;
  }
  void remove(Waiter& waiter) {
    (waiter.previous_ == nullptr ? head_ : waiter.previous_->next_) = waiter.next_;
    (waiter.next_ == nullptr ? tail_ : waiter.next_->previous_) = waiter.previous_;
    waiter.next_ = waiter.previous_ = nullptr;
    --size_;
  }

  Loop& loop_;
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
  std::size_t size_ = 0;
};

// set() wakes all that wait; it stays set until reset().
class Event {
 public:
  explicit Event(Loop& loop) : waiters_(loop) {}
  bool is_set() const { return set_; }
  void set() {
    set_ = true;
    waiters_.wake_all();
  }
  void reset() { set_ = false; }
  // True when it is set or was set within the bound.
  Task<bool> wait(std::chrono::steady_clock::duration bound = WaitQueue::kForever) {
    if (set_) co_return true;
    co_return co_await waiters_.wait(bound);
  }

 private:
  bool set_ = false;
  WaitQueue waiters_;
};

}  // namespace souk::runtime
