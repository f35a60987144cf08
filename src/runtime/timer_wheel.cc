#include "runtime/timer_wheel.h"

#include <algorithm>

#include "base/assert.h"

namespace souk::runtime {

void TimerWheel::Timer::cancel() {
  if (next_ == nullptr) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
  if (armed_count_ != nullptr) --*armed_count_;
}

TimerWheel::TimerWheel(Time now) : start_(now), now_(now) {
  for (auto& head : slots_) head.next_ = head.previous_ = &head;
}

void TimerWheel::link(Timer& head, Timer& timer) {
  timer.previous_ = head.previous_;
  timer.next_ = &head;
  head.previous_->next_ = &timer;
  head.previous_ = &timer;
}

void TimerWheel::arm(Timer& timer, Time due) {
  timer.cancel();
  // Rounded up, so that nothing fires early; a due time that has passed fires at the next tick.
  const auto ticks = due <= start_ ? 0 : (due - start_ + kTick - Time::duration(1)) / kTick;
  timer.due_tick_ = std::max(static_cast<std::uint64_t>(ticks), tick_ + 1);
  timer.armed_count_ = &armed_;
  ++armed_;
  link(slots_[timer.due_tick_ % kSlots], timer);
}

void TimerWheel::advance(Time now) {
  now_ = std::max(now_, now);
  const auto target = static_cast<std::uint64_t>((now_ - start_) / kTick);
  if (armed_ == 0) tick_ = std::max(tick_, target);
  while (tick_ < target) {
    ++tick_;
    fire_slot(slots_[tick_ % kSlots], tick_);
  }
}

void TimerWheel::fire_slot(Timer& head, std::uint64_t tick) {
  // Due timers move to a list of their own first: a callback may arm, cancel or destroy any timer.
  Head due;
  due.next_ = due.previous_ = &due;
  for (Timer* timer = head.next_; timer != &head;) {
    Timer* const following = timer->next_;
    if (timer->due_tick_ <= tick) {
      timer->cancel();
      ++armed_;
      link(due, *timer);
    }
    timer = following;
  }
  while (due.next_ != &due) {
    Timer* const timer = due.next_;
    timer->cancel();
    timer->on_timer();
  }
  due.next_ = due.previous_ = nullptr;
}

}  // namespace souk::runtime
