// A bounded queue between coroutines: push() waits while it is full, pop() while it is empty.
//
// Threading: loop thread only. Ownership: owns its values; outlives the coroutines that wait.
#pragma once

#include <deque>
#include <optional>

#include "runtime/wait_queue.h"

namespace souk::runtime {

template <class T>
class Channel {
 public:
  // REQUIRES: capacity > 0.
  Channel(Loop& loop, std::size_t capacity)
      : capacity_(capacity), not_full_(loop), not_empty_(loop) {
    SOUK_ASSERT(capacity > 0);
  }

  // False when the channel is closed before there is room; `value` is then unchanged.
  Task<bool> push(T& value) {
    while (!closed_ && is_full()) co_await not_full_.wait();
    if (closed_) co_return false;
    values_.push_back(std::move(value));
    not_empty_.wake_one();
    co_return true;
  }
  // In the order of push(). Nothing once the channel is closed and empty.
  Task<std::optional<T>> pop() {
    while (!closed_ && values_.empty()) co_await not_empty_.wait();
    if (values_.empty()) co_return std::nullopt;
    std::optional<T> value = std::move(values_.front());
    values_.pop_front();
    not_full_.wake_one();
    co_return value;
  }
  // push() fails from now on; values in the channel can still be popped.
  void close() {
    closed_ = true;
    not_full_.wake_all();
    not_empty_.wake_all();
  }

  std::size_t size() const { return values_.size(); }
  bool is_full() const { return values_.size() >= capacity_; }

 private:
  const std::size_t capacity_;
  bool closed_ = false;
  std::deque<T> values_;
  WaitQueue not_full_;
  WaitQueue not_empty_;
};

}  // namespace souk::runtime
