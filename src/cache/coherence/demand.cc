#include "cache/coherence/demand.h"

#include <utility>

namespace souk::cache {

void Demand::note_first() {
  const std::lock_guard lock(mutex_);
  noted_.store(true, std::memory_order_relaxed);
  if (rests_) wake_();
}

bool Demand::await_look(const std::weak_ptr<Waiter>& waiter) {
  const std::lock_guard lock(mutex_);
  if (!rests_) return false;
  waiters_.push_back(waiter);
  return true;
}

void Demand::begin(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
  rests_ = true;
}

void Demand::end() {
  {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
  }
  looked();
}

bool Demand::rest() {
  const std::lock_guard lock(mutex_);
  rests_ = wake_ != nullptr && !noted_.load(std::memory_order_relaxed);
  return rests_;
}

void Demand::looked() {
  std::vector<std::weak_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    rests_ = false;
    waiters.swap(waiters_);
  }
  for (const auto& each : waiters) {
    if (const auto waiter = each.lock()) waiter->on_look();
  }
}

}  // namespace souk::cache
